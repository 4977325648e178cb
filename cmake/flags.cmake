# One INTERFACE target carries all warnings, hardening and sanitizers; nothing is set globally and no
# target is compiled for one CPU: kernels opt in by themselves (stages/simd/target.h).
add_library(hecate_flags INTERFACE)
target_compile_options(hecate_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside its own std::string when it inlines it (GCC bugs 105329, 105651).
  target_compile_options(hecate_flags INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
# Paths in messages are those of the repository, whatever folder it was built in.
target_compile_options(hecate_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(HECATE_WERROR)
  target_compile_options(hecate_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_definitions(hecate_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(HECATE_SANITIZE)
  target_compile_options(hecate_flags INTERFACE -fsanitize=${HECATE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(hecate_flags INTERFACE -fsanitize=${HECATE_SANITIZE})
endif()
