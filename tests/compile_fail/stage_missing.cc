// A chain with a stage missing in the middle.
// expect: a stage of this pipeline starts in another phase than the one before it ends in
#include "tests/compile_fail/wiring.h"

#ifdef WRONG
template class hecate::Pipeline<hecate::NoEvents, hecate::ToUnescaped, hecate::ToEnriched>;
#else
template class hecate::Pipeline<hecate::NoEvents, hecate::ToUnescaped, hecate::ToClassified,
                                hecate::ToEnriched>;
#endif
