// wiring: the smallest source and stages that a pipeline takes, for the sources beside this file.
#pragma once

#include "pipeline/pipeline.h"

namespace hecate {

struct NoEvents {
  static constexpr const char* name = "no_events";
  static constexpr Phase to = Phase::parsed;
  Result<bool> next(Batch&) { return false; }
};

template <Phase begin, Phase end>
struct Step {
  static constexpr const char* name = "step";
  static constexpr Phase from = begin;
  static constexpr Phase to = end;
  Status process(Batch&) { return {}; }
};

using ToUnescaped = Step<Phase::parsed, Phase::unescaped>;
using ToClassified = Step<Phase::unescaped, Phase::classified>;
using ToEnriched = Step<Phase::classified, Phase::enriched>;

}  // namespace hecate
