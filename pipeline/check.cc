#include "pipeline/check.h"

#include <cstdio>
#include <cstdlib>

namespace hecate {

void check_failed(std::string_view what, const char* file, int line) noexcept {
  std::fprintf(stderr, "hecate: internal error: broken invariant: %.*s (%s:%d)\n",
               static_cast<int>(what.size()), what.data(), file, line);
  std::abort();
}

}  // namespace hecate
