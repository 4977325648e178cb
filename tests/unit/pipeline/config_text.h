// config_text: short ways to load configurations in tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config.h"

namespace hecate {

using Variables = std::map<std::string, std::string>;

/// An environment that holds just these.
inline Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

/// Loads without an environment and without pattern checks.
inline ConfigLoad load(std::string_view yaml) {
  return load_config(yaml, {}, {});
}

/// The problems of `yaml`, as printed without a file name.
inline std::string problems_of(std::string_view yaml) {
  std::string out;
  for (const ConfigProblem& problem : load(yaml).problems) {
    out += std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " +
           problem.message + "\n";
  }
  return out;
}

}  // namespace hecate
