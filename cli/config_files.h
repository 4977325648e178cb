// config_files: reads a configuration file for a command and tells what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "pipeline/config.h"
#include "pipeline/result.h"

namespace hecate {

/// The configuration in `path`, or without one the defaults and the environment. A path of "" means
/// HECATE_CONFIG, if that is set. The error is all problems, a line each, or why the file cannot be
/// read.
Result<Config> load_config_file(const std::string& path, const Environment& environment);

}  // namespace hecate
