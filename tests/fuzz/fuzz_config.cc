// fuzz_config: any text is either refused with problems or is a configuration that can be printed.
//
// Input: a byte; odd: the next lines are environment variables; then a configuration file. What is
// printed must load again, without an environment, to a configuration that prints the same.
#include "pipeline/config.h"
#include "stages/log_pipeline.h"
#include "tests/fuzz/support.h"

namespace hecate::fuzz {
namespace {

constexpr std::size_t yaml_bytes_max = 64 * 1024;

Environment environment_of(FuzzInput& input) {
  std::map<std::string, std::string, std::less<>> values;
  for (const char* name : {"SPLUNK_HEC_URL", "SPLUNK_HEC_TOKEN", "SECRET_MANAGER_ITEM_NAME",
                           "LOG_GROUP_NAME_REGEX", "ENVIRONMENT"}) {
    std::string value(input.line());
    if (!value.empty()) values.emplace(name, std::move(value));
  }
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

void check_problems(const std::vector<ConfigProblem>& problems) {
  for (const ConfigProblem& problem : problems) {
    require(!problem.message.empty(), "a problem has words");
    require(problem.line >= 0 && problem.column >= 0, "a problem has a place, or none");
  }
  const std::string all = format_problems("f.yaml", problems);
  require(is_utf8(all), "problems are UTF-8", all);
  require(static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')) == problems.size(),
          "a problem is one line", all);
}

// Engines take their time over patterns with large counts; those have a target of their own.
bool is_cheap(const Config& config) {
  return std::all_of(config.rules.begin(), config.rules.end(), [](const RuleConfig& rule) {
    return rule.pattern.size() < 60 && rule.pattern.find('{') == std::string::npos;
  });
}

void check_patterns(const Config& config, std::vector<ConfigProblem>& problems) {
  if (is_cheap(config)) check_log_pipeline(config, problems);
}

void run(FuzzInput input) {
  const bool has_environment = input.coin();
  const Environment environment = has_environment ? environment_of(input) : Environment();
  const std::string_view yaml = input.rest().substr(0, yaml_bytes_max);
  const ConfigLoad load = load_config(yaml, environment, check_patterns);
  check_problems(load.problems);
  if (!load.problems.empty()) return;
  const std::string printed = print_effective_config(load.config);
  require(is_utf8(printed), "a printed configuration is UTF-8", printed);
  ConfigLoad again = load_config(printed, Environment(), check_patterns);
  require(again.problems.empty(), "a printed configuration loads",
          printed + format_problems("f.yaml", again.problems));
  again.config.environment = load.config.environment;  // from the environment alone
  require_same(print_effective_config(again.config), printed, "it prints the same again");
  require(again.config.rules.size() == load.config.rules.size(), "no rule is lost");
  for (std::size_t i = 0; i < load.config.rules.size(); ++i) {
    fuzz::require_same(again.config.rules[i].pattern, load.config.rules[i].pattern,
                       "patterns come back");
    require(again.config.rules[i].set.fields == load.config.rules[i].set.fields,
            "fields come back");
  }
  require(again.config.fields == load.config.fields, "fields come back");
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
