// summary: what a run did, for people and for programs.
//
// Programs rely on the JSON: its keys and their order are part of the command line's contract. The
// text may change. Printing is the caller's business.
#pragma once

#include <string>

#include "pipeline/metrics.h"

namespace hecate {

/// One object on one line, without a newline.
std::string summary_json(const Metrics& metrics, double seconds);
/// Some aligned lines, each with a newline.
std::string summary_text(const Metrics& metrics, double seconds);

}  // namespace hecate
