// target: regions of code compiled for a CPU that not every machine has.
//
// Only kernels live in such regions; the rest of the project is compiled for the base line, so that
// one binary runs everywhere and picks at run time. Macros, because pragmas differ by compiler.
#pragma once

#if defined(__x86_64__)
#define HECATE_X86 1
#else
#define HECATE_X86 0
#endif

#define HECATE_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define HECATE_TARGET_BEGIN(isa) \
  HECATE_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define HECATE_TARGET_END _Pragma("clang attribute pop")
#else
#define HECATE_TARGET_BEGIN(isa) _Pragma("GCC push_options") HECATE_PRAGMA(GCC target(isa))
#define HECATE_TARGET_END _Pragma("GCC pop_options")
#endif
