// config: the order in which a configuration comes together.
//
// File, then environment, then the checks of the pattern engines; the problems of all three end up
// in one list. What the sections mean is said in config_yaml, config_rules, config_hec and
// config_tests.
#include "pipeline/config.h"

#include <algorithm>
#include <cstdlib>

#include "pipeline/config_schema.h"

namespace hecate {
namespace {

// The engines quote patterns as they stand, with the line breaks that are in them.
void put_on_one_line(std::string& message) {
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c >= 0 && (c < 0x20 || c == 0x7f); },
      ' ');
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

ConfigLoad load_config(std::string_view yaml, const Environment& environment,
                       const PatternCheck& check_patterns) {
  ConfigLoad load;
  ProblemList problems;
  ConfigGiven given;
  const std::optional<YamlNode> root = parse_yaml(yaml, problems);
  if (root) {
    read_config(*root, load.config, given, problems);
    apply_environment(environment, given, load.config, problems);
  }
  load.problems = problems.take();
  if (root && check_patterns) {
    const std::size_t before = load.problems.size();
    check_patterns(load.config, load.problems);
    // The one pattern without a place in the file is the environment's.
    for (std::size_t i = before; i < load.problems.size(); ++i) {
      put_on_one_line(load.problems[i].message);
      if (load.problems[i].line == 0) load.problems[i].message.insert(0, "LOG_GROUP_NAME_REGEX: ");
    }
  }
  sort_problems(load.problems);
  return load;
}

ConfigLoad default_config(const Environment& environment, const PatternCheck& check_patterns) {
  return load_config({}, environment, check_patterns);
}

}  // namespace hecate
