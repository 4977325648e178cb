// checkpoint_path: which checkpoint a command uses when it names none.
//
// The same sources and destination lead to the same file from any folder, so that the same command
// resumes. Pure functions of their arguments; they create nothing and read no file.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "batch/checkpoint_schema.h"
#include "pipeline/config.h"
#include "pipeline/result.h"

namespace hecate {

/// The job of a command: sources made absolute and sorted (also behind the @ of a list; `-` and
/// uris with a scheme stay), destinations in one spelling: scheme and host in lower case, without
/// credentials, with the path that HEC has by default.
CheckpointJob checkpoint_job(std::span<const std::string> sources,
                             std::span<const std::string> destinations,
                             std::string_view working_folder);

/// ${XDG_STATE_HOME:-$HOME/.local/state}/hecate/<16 hex>.checkpoint. `shard` ("2/8", or empty)
/// keeps the shards of one job apart, so that they can run side by side. Errc::usage when neither
/// variable is set.
Result<std::string> default_checkpoint_path(const Environment& environment,
                                            const CheckpointJob& job, std::string_view shard = {});

}  // namespace hecate
