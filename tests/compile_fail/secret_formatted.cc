// A secret in a message: no formatter takes it.
// expect: Cannot format an argument|formatter
#include <fmt/format.h>

#include "pipeline/secret.h"

std::string message(const hecate::Secret& token) {
#ifdef WRONG
  return fmt::format("token {}", token);
#else
  return fmt::format("token of {} bytes", token.reveal().size());
#endif
}
