// config_rules: the classification rules and the tokens in them.
//
// Everything about a rule but its patterns is checked here; those belong to the engines that
// compile them.
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "pipeline/config_schema.h"
#include "pipeline/limits.h"

namespace hecate {
namespace {

constexpr std::uint64_t sample_max = 1'000'000'000;

void read_flags(MapReader& reader, RuleConfig& rule) {
  static constexpr std::array<std::string_view, 3> names{"caseless", "dotall", "multiline"};
  bool* const flags[] = {&rule.caseless, &rule.dotall, &rule.multiline};
  for (const YamlNode& item : reader.list("flags")) {
    const auto index = reader.choice_index(item, "a flag", names);
    if (index) *flags[*index] = true;
  }
}

/// keep, drop or {sample: N}.
void read_action(MapReader& reader, RuleConfig& rule) {
  const YamlNode* node = reader.find("action");
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::map) {
    MapReader action(*node, "action", reader.problems());
    if (action.find("sample") == nullptr) {
      action.problem("sample", "is missing; an action is keep, drop or {sample: N}");
    } else if (const auto sample = action.number("sample", {1, sample_max})) {
      rule.action = RuleAction::sample;
      rule.sample = *sample;
    }
    return;
  }
  if (node->text == "keep")
    rule.action = RuleAction::keep;
  else if (node->text == "drop")
    rule.action = RuleAction::drop;
  else
    reader.problem("action", "must be one of: keep, drop, {sample: N}");
}

void read_set(MapReader& reader, RuleSet& set) {
  const YamlNode* node = reader.find("set");
  if (node == nullptr) return;
  MapReader values(*node, "set", reader.problems());
  values.name("sourcetype", set.sourcetype);
  values.name("index", set.index);
  values.name("source", set.source);
  values.name("host", set.host);
  values.name("severity", set.severity);
  values.fields("fields", set.fields);
  read_token(values, "token", set.token);
}

void read_pattern(MapReader& reader, RuleConfig& rule) {
  const YamlNode* pattern = reader.find("pattern");
  if (pattern == nullptr) {
    reader.problem("pattern", "is missing; every rule needs one");
    return;
  }
  rule.pattern_at = pattern->at;
  if (reader.text("pattern", rule.pattern) && rule.pattern.empty()) {
    reader.problem("pattern", "must not be empty");
  }
}

RuleConfig read_rule(const YamlNode& node, ProblemList& problems) {
  MapReader reader(node, "rule", problems);
  RuleConfig rule;
  rule.line = node.at.line;
  if (reader.find("name") == nullptr)
    reader.problem("name", "is missing; every rule needs one");
  else
    reader.name("name", rule.name);
  read_pattern(reader, rule);
  read_flags(reader, rule);
  if (const YamlNode* log_group = reader.find("log_group"); log_group != nullptr) {
    rule.log_group_at = log_group->at;
    if (reader.text("log_group", rule.log_group) && rule.log_group.empty()) {
      reader.problem("log_group", "must not be empty; leave it out to mean all log groups");
    }
  }
  read_set(reader, rule.set);
  read_action(reader, rule);
  reader.misplaced({"sourcetype", "index", "source", "host", "severity", "fields", "token"}, "set");
  reader.misplaced({"sample"}, "action");
  return rule;
}

bool is_variable_name(std::string_view text) noexcept {
  static constexpr std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  const auto is_good = [](char c) { return first.find(c) != first.npos || (c >= '0' && c <= '9'); };
  return !text.empty() && first.find(text[0]) != first.npos &&
         std::all_of(text.begin(), text.end(), is_good);
}

}  // namespace

void read_token(MapReader& reader, std::string_view key, TokenSource& token) {
  const YamlNode* node = reader.find(key);
  if (node == nullptr) return;
  static constexpr std::string_view forms =
      "{env: VARIABLE}, {file: PATH} or {secret: NAME, key: KEY}";
  if (node->kind != YamlNode::Kind::map) {
    reader.problem(key, fmt::format("must say where the token is: {}. The token itself does not "
                                    "belong into this file, where it would leak",
                                    forms));
    return;
  }
  MapReader form(*node, reader.path_of(key), reader.problems());
  form.hide_unknown_keys();
  TokenSource read;
  int forms_given = 0;
  for (const std::string_view one : {"env", "file", "secret"}) {
    if (form.find(one) != nullptr) ++forms_given;
  }
  form.name("env", read.env);
  form.name("file", read.file);
  form.name("secret", read.secret);
  const bool has_key = form.name("key", read.key);
  if (forms_given != 1) {
    reader.problem(key, fmt::format("must have exactly one form: {}", forms));
  } else if (!read.env.empty() && !is_variable_name(read.env)) {
    form.problem("env", "must be the name of an environment variable, not a token");
  } else if (has_key && form.find("secret") == nullptr) {
    form.problem("key", "goes with secret only");
  } else {
    token = std::move(read);
  }
}

void read_rules(MapReader& root, std::vector<RuleConfig>& rules) {
  std::unordered_map<std::string, int> lines;
  const std::span<const YamlNode> items = root.list("rules");
  if (items.size() > limits::rules_max) {
    root.problem("rules", fmt::format("holds {} rules; at most {} are possible", items.size(),
                                      limits::rules_max));
    return;
  }
  for (const YamlNode& item : items) {
    RuleConfig rule = read_rule(item, root.problems());
    if (!rule.name.empty()) {
      const auto [first, is_new] = lines.emplace(rule.name, rule.line);
      if (!is_new) {
        root.problems().add(item.at, fmt::format("rule {}: the rule on line {} has this name "
                                                 "already",
                                                 in_quotes(rule.name), first->second));
      }
    }
    rules.push_back(std::move(rule));
  }
}

}  // namespace hecate
