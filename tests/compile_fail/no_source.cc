// A stage where the source belongs.
// expect: constraint
// expect: Source
#include "tests/compile_fail/wiring.h"

namespace hecate {
#ifdef WRONG
using Chain = Pipeline<ToUnescaped, ToClassified>;
#else
using Chain = Pipeline<NoEvents, ToUnescaped, ToClassified>;
#endif
static_assert(sizeof(Chain) > 0);
}  // namespace hecate
