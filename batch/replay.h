// replay: sends dead letters again: hecate's own, Firehose's and those of failed Lambda
// invocations.
//
// A job (job.h) whose objects are files of dead letters; how they become events again is in
// stages/replay_pipeline.h. It has a checkpoint of its own, so a second replay of the same files
// sends nothing twice. What fails once more becomes a dead letter in a new file; the files that are
// read are never changed.
#pragma once

#include "batch/job.h"

namespace hecate {

ExitStatus run_replay(const JobOptions& options, const Environment& environment);

}  // namespace hecate
