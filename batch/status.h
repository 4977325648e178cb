// status: what a checkpoint holds, for people and for programs.
//
// Looks without touching, also while a run writes. Memory does not grow with the number of objects:
// a listing of all of them is written as it is read. Programs rely on the keys of the JSON; the
// text may change.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "batch/job.h"

namespace hecate {

struct StatusOptions {
  std::string checkpoint;
  bool all = false;             ///< list every object
  std::size_t errors_max = 10;  ///< of the last errors, so many are shown
  SummaryFormat format = SummaryFormat::text;
};

/// Where the output goes, in pieces.
using TextSink = std::function<void(std::string_view)>;

/// Errc::not_found, denied or storage when the file cannot be read, corrupt_state when it is
/// damaged.
Status write_status(const StatusOptions& options, const TextSink& out);

/// Writes it to stdout. 2 when there is no such checkpoint, or none that can be read; 3 when it is
/// damaged.
ExitStatus run_status(const StatusOptions& options);

}  // namespace hecate
