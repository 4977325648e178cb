// config_yaml: the top of the configuration file and its small sections.
//
// log_groups, redact and fields are read here; rules, hec and tests have files of their own.
#include <unordered_map>

#include <fmt/format.h>

#include "pipeline/config_schema.h"

namespace hecate {
namespace {

/// Of `log_groups`, and of what else stands at most once in a file: an absent section is null.
const YamlNode& section(MapReader& root, std::string_view key) {
  static const YamlNode absent;
  const YamlNode* node = root.find(key);
  return node == nullptr ? absent : *node;
}

void read_log_groups(const YamlNode& node, LogGroupsConfig& groups, ConfigGiven& given,
                     ProblemList& problems) {
  MapReader reader(node, "log_groups", problems);
  if (const YamlNode* pattern = reader.find("pattern"); pattern != nullptr) {
    given.log_group_pattern = true;
    groups.pattern_at = pattern->at;
    reader.text("pattern", groups.pattern);
  }
  reader.choice("unmatched", unmatched_names, groups.unmatched);
}

void read_redact(MapReader& root, std::vector<RedactConfig>& redactions) {
  std::unordered_map<std::string, int> lines;
  for (const YamlNode& item : root.list("redact")) {
    MapReader reader(item, "redact entry", root.problems());
    RedactConfig redact;
    redact.line = item.at.line;
    if (reader.name("name", redact.name)) {
      const auto [first, is_new] = lines.emplace(redact.name, redact.line);
      if (!is_new) {
        reader.problem("name", fmt::format("{} is in use on line {} already",
                                           in_quotes(redact.name), first->second));
      }
    } else if (reader.find("name") == nullptr) {
      reader.problem("name", "is missing");
    }
    if (const YamlNode* pattern = reader.find("pattern"); pattern != nullptr) {
      redact.pattern_at = pattern->at;
      if (reader.text("pattern", redact.pattern) && redact.pattern.empty()) {
        reader.problem("pattern", "must not be empty");
      }
    } else {
      reader.problem("pattern", "is missing");
    }
    reader.text("replace", redact.replace);
    redactions.push_back(std::move(redact));
  }
}

}  // namespace

void read_config(const YamlNode& node, Config& config, ConfigGiven& given, ProblemList& problems) {
  MapReader root(node, "", problems);
  read_log_groups(section(root, "log_groups"), config.log_groups, given, problems);
  read_rules(root, config.rules);
  read_redact(root, config.redact);
  root.fields("fields", config.fields);
  read_hec(section(root, "hec"), config.hec, given, problems);
  read_tests(root, config.tests);
  root.misplaced({"endpoints", "endpoint", "token", "event", "event_id", "ack", "gzip", "batch",
                  "max_event_bytes", "too_large", "on_partial", "tls", "retry"},
                 "hec");
}

}  // namespace hecate
