// The chain of hecate itself, with two stages swapped.
// expect: a stage of this pipeline starts in another phase than the one before it ends in
#include "stages/log_pipeline.h"

namespace hecate {
#ifdef WRONG
using Chain = Pipeline<ParseLogs, Unescape, Enrich, Classify, EncodeHec>;
#else
using Chain = Pipeline<ParseLogs, Unescape, Classify, Enrich, EncodeHec>;
#endif
static_assert(sizeof(Chain) > 0);
}  // namespace hecate
