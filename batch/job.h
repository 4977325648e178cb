// job: from sources to a destination, whatever the objects hold. Backfill and replay are jobs.
//
//   sources -> ObjectQueue -> workers (an ObjectPipeline each) -> RequestPool -> Sink -> HEC
//                                  ^                                             |
//                               Ledger  <---------- proofs of delivery ----------+
//
// Builds the world once, runs the workers, drains, and turns what happened into an exit status.
// What an exit status means is part of the command line's contract (README, "Exit status").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/console.h"
#include "batch/object_filter.h"
#include "pipeline/config.h"
#include "pipeline/object_pipeline.h"
#include "stages/log_pipeline.h"
#include "stages/notice.h"

namespace hecate {

enum class ExitStatus : int {
  ok = 0,            ///< everything delivered, or filtered on purpose
  dead_letters = 1,  ///< finished, but some events or objects were dead-lettered
  usage = 2,         ///< wrong usage or configuration; nothing was read
  stopped = 3,       ///< work is left: the same command goes on
  interrupted = 130,
};

enum class SummaryFormat : std::uint8_t { text, json };

/// What every job lets its user choose.
struct JobOptions {
  std::vector<std::string> sources;
  std::vector<std::string> destinations;  ///< empty: hec.endpoints of the configuration
  Config config;                          ///< complete: file, environment and options merged
  std::optional<std::string> checkpoint;  ///< path; nothing: derived from the job
  bool fresh = false;
  std::size_t workers = 0;      ///< 0: as many as there are processors
  std::size_t connections = 0;  ///< 0: two for each worker
  std::uint64_t rate_bytes_per_second = 0;
  std::string dead_letter_folder;  ///< empty: beside the checkpoint
  ProgressMode progress = ProgressMode::automatic;
  SummaryFormat summary = SummaryFormat::text;
};

/// What makes one kind of job differ from another.
struct JobPlan {
  /// Keeps the checkpoints of jobs apart that have sources and destination in common. Empty for
  /// backfill.
  std::string_view name;
  ObjectFilterOptions filter;
  /// Makes a worker's pipeline. Called by several threads at once; so are the functions given to
  /// it.
  std::function<std::unique_ptr<ObjectPipeline>(
      const LogPipelineShared& shared, Enrich::OnRejected on_rejected_group, Notice notice)>
      make_pipeline;
};

/// Runs a job: notices and progress on stderr, the summary on stdout. A summary in text goes to
/// stderr when the events go to stdout; one in JSON is the last line of stdout even then.
ExitStatus run_job(const JobOptions& options, const JobPlan& plan, const Environment& environment);

}  // namespace hecate
