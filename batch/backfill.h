// backfill: reads archives, delivers every event, resumes where it stopped.
//
//   sources -> ObjectQueue -> workers (a LogPipeline each) -> RequestPool -> Sink -> HEC
//                                  ^                                          |
//                               Ledger  <-------- proofs of delivery ---------+
//
// Builds the world once, runs the workers, drains, and turns what happened into an exit status.
// What an exit status means is part of the command line's contract (README, "Exit status").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "batch/console.h"
#include "batch/object_filter.h"
#include "pipeline/config.h"
#include "pipeline/envelope.h"

namespace hecate {

enum class ExitStatus : int {
  ok = 0,            ///< everything delivered, or filtered on purpose
  dead_letters = 1,  ///< finished, but some events or objects were dead-lettered
  usage = 2,         ///< wrong usage or configuration; nothing was read
  stopped = 3,       ///< work is left: the same command goes on
  interrupted = 130,
};

enum class SummaryFormat : std::uint8_t { text, json };

struct BackfillOptions {
  std::vector<std::string> sources;
  std::vector<std::string> destinations;  ///< empty: hec.endpoints of the configuration
  Config config;                          ///< complete: file, environment and options merged
  Format format = Format::automatic;
  ObjectFilterOptions filter;
  std::optional<std::string> checkpoint;  ///< path; nothing: derived from the job
  bool fresh = false;
  std::size_t workers = 0;      ///< 0: as many as there are processors
  std::size_t connections = 0;  ///< 0: two for each worker
  std::uint64_t rate_bytes_per_second = 0;
  std::string dead_letter_folder;  ///< empty: beside the checkpoint
  ProgressMode progress = ProgressMode::automatic;
  SummaryFormat summary = SummaryFormat::text;
};

/// Runs a backfill: notices and progress on stderr, the summary on stdout (on stderr when the events
/// go to stdout).
ExitStatus run_backfill(const BackfillOptions& options, const Environment& environment);

}  // namespace hecate
