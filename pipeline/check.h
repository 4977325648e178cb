// check: assertions that stay on in release builds.
//
// A failed check is a bug in hecate, never a property of its input: bad input is data (see
// batch.h, Fault) and a failing world is an Error (see result.h). Stopping beats continuing
// wrong, because a wrong checkpoint loses events silently. Does not unwind and does not throw.
#pragma once

#include <string_view>

namespace hecate {

/// Prints `what` with its place to stderr and aborts.
[[noreturn]] void check_failed(std::string_view what, const char* file, int line) noexcept;

/// Aborts unless `condition` holds. `what` states the invariant, in the positive. The place is that
/// of the caller (builtins, because clang 14 has no std::source_location).
inline void check(bool condition, std::string_view what, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) noexcept {
  if (!condition) [[unlikely]]
    check_failed(what, file, line);
}

}  // namespace hecate
