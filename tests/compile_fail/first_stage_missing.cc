// A chain whose first stage does not fit its source.
// expect: a stage of this pipeline starts in another phase than the one before it ends in
#include "tests/compile_fail/wiring.h"

#ifdef WRONG
template class hecate::Pipeline<hecate::NoEvents, hecate::ToClassified>;
#else
template class hecate::Pipeline<hecate::NoEvents, hecate::ToUnescaped>;
#endif
