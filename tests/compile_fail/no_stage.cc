// A class that forgot what makes it a stage: process() returns nothing.
// expect: constraint
// expect: Stage
// expect: Uppercase
#include "tests/compile_fail/wiring.h"

namespace hecate {
struct Uppercase {
  static constexpr const char* name = "uppercase";
  static constexpr Phase from = Phase::parsed;
  static constexpr Phase to = Phase::unescaped;
#ifdef WRONG
  void process(Batch&) {
  }
#else
  Status process(Batch&) {
    return {};
  }
#endif
};
using Chain = Pipeline<NoEvents, Uppercase>;
static_assert(sizeof(Chain) > 0);
}  // namespace hecate
