// backfill: reads archives, delivers every event, resumes where it stopped.
//
// A job (job.h) whose objects are archives: files of log events in any of the formats. Which of
// them to read is chosen here; how events get from there to HEC is in stages/log_pipeline.h.
#pragma once

#include "batch/job.h"

namespace hecate {

struct BackfillOptions : JobOptions {
  Format format = Format::automatic;
  ObjectFilterOptions filter;
};

ExitStatus run_backfill(const BackfillOptions& options, const Environment& environment);

}  // namespace hecate
