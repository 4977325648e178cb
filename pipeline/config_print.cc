// config_print: the configuration in force, as YAML.
//
// What `hecate validate` shows: every key with its value, defaults and environment included, in the
// order of the documentation and loadable again. Tokens appear as references, which is all that a
// Config knows of them.
#include <algorithm>

#include <fmt/format.h>

#include "pipeline/config_schema.h"
#include "pipeline/json_text.h"

namespace hecate {
namespace {

/// True when YAML takes `text` as the same text without quotes, anywhere.
bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 9> taken{"null", "true", "false", "yes", "no",
                                                         "on",   "off",  "y",     "n"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_good = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  };
  if (text.empty() || !(is_letter(text[0]) || text[0] == '/')) return false;
  if (!std::all_of(text.begin(), text.end(), is_good)) return false;
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(taken.begin(), taken.end(), lower) == taken.end();
}

/// `text` as a YAML scalar on one line. Single quotes where they do: patterns stay readable.
std::string scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  if (has_control(text)) return json_string(text);
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

/// Writes lines, two spaces deeper per level.
class YamlWriter {
 public:
  /// `key:` with what follows a level deeper.
  void open(std::string_view key) {
    line(fmt::format("{}:", key));
    ++depth_;
  }
  void close() { --depth_; }
  /// A list item: its first key stands behind the dash.
  void open_item() {
    ++depth_;
    dash_ = true;
  }
  void close_item() { --depth_; }

  void text(std::string_view key, std::string_view value) { raw(key, scalar(value)); }
  void text_if(std::string_view key, const std::optional<std::string>& value) {
    if (value) text(key, *value);
  }
  void number(std::string_view key, std::uint64_t value) { raw(key, fmt::format("{}", value)); }
  void truth(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  void raw(std::string_view key, std::string_view value) {
    line(fmt::format("{}: {}", key, value));
  }
  void line(std::string_view content) {
    const std::size_t spaces = 2 * depth_ - (dash_ ? 2 : 0);
    out_ += fmt::format("{:{}}{}{}\n", "", spaces, dash_ ? "- " : "", content);
    dash_ = false;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t depth_ = 0;
  bool dash_ = false;
};

void print_fields(YamlWriter& out, const Fields& fields) {
  out.open("fields");
  for (const auto& [name, value] : fields) out.text(scalar(name), value);
  out.close();
}

void print_token(YamlWriter& out, const TokenSource& token) {
  if (token.empty()) return;
  if (!token.env.empty()) {
    out.raw("token", fmt::format("{{env: {}}}", scalar(token.env)));
  } else if (!token.file.empty()) {
    out.raw("token", fmt::format("{{file: {}}}", scalar(token.file)));
  } else if (token.key.empty()) {
    out.raw("token", fmt::format("{{secret: {}}}", scalar(token.secret)));
  } else {
    out.raw("token",
            fmt::format("{{secret: {}, key: {}}}", scalar(token.secret), scalar(token.key)));
  }
}

void print_set(YamlWriter& out, const RuleSet& set) {
  const bool is_empty = !set.sourcetype && !set.index && !set.source && !set.host &&
                        !set.severity && set.fields.empty() && set.token.empty();
  if (is_empty) return;
  out.open("set");
  out.text_if("sourcetype", set.sourcetype);
  out.text_if("index", set.index);
  out.text_if("source", set.source);
  out.text_if("host", set.host);
  out.text_if("severity", set.severity);
  if (!set.fields.empty()) print_fields(out, set.fields);
  print_token(out, set.token);
  out.close();
}

void print_flags(YamlWriter& out, const RuleConfig& rule) {
  std::vector<std::string_view> flags;
  if (rule.caseless) flags.push_back("caseless");
  if (rule.dotall) flags.push_back("dotall");
  if (rule.multiline) flags.push_back("multiline");
  if (!flags.empty()) out.raw("flags", fmt::format("[{}]", joined(flags)));
}

void print_rule(YamlWriter& out, const RuleConfig& rule) {
  out.open_item();
  out.text("name", rule.name);
  out.text("pattern", rule.pattern);
  print_flags(out, rule);
  if (!rule.log_group.empty()) out.text("log_group", rule.log_group);
  print_set(out, rule.set);
  if (rule.action == RuleAction::sample)
    out.raw("action", fmt::format("{{sample: {}}}", rule.sample));
  else
    out.raw("action", name_of(rule_action_names, rule.action));
  out.close_item();
}

void print_redact(YamlWriter& out, const RedactConfig& redact) {
  out.open_item();
  out.text("name", redact.name);
  out.text("pattern", redact.pattern);
  out.text("replace", redact.replace);
  out.close_item();
}

void print_tls(YamlWriter& out, const TlsConfig& tls) {
  out.open("tls");
  if (!tls.ca_file.empty()) out.text("ca_file", tls.ca_file);
  if (!tls.cert_file.empty()) out.text("cert_file", tls.cert_file);
  if (!tls.key_file.empty()) out.text("key_file", tls.key_file);
  out.truth("verify", tls.verify);
  out.close();
}

template <typename Duration>
std::uint64_t count(Duration duration) {
  return static_cast<std::uint64_t>(duration.count());
}

void print_hec(YamlWriter& out, const HecConfig& hec) {
  out.open("hec");
  if (hec.endpoints.empty()) out.raw("endpoints", "[]");
  if (!hec.endpoints.empty()) {
    out.open("endpoints");
    for (const std::string& endpoint : hec.endpoints) out.line("- " + scalar(endpoint));
    out.close();
  }
  print_token(out, hec.token);
  out.raw("event", name_of(event_shape_names, hec.event));
  out.raw("event_id", name_of(event_id_names, hec.event_id));
  out.truth("ack", hec.ack);
  out.raw("gzip", name_of(gzip_names, hec.gzip));
  out.open("batch");
  out.number("bytes", hec.batch.bytes);
  out.number("events", hec.batch.events);
  out.number("wait_ms", count(hec.batch.wait));
  out.close();
  out.number("max_event_bytes", hec.max_event_bytes);
  out.raw("too_large", name_of(too_large_names, hec.too_large));
  out.raw("on_partial", name_of(on_partial_names, hec.on_partial));
  print_tls(out, hec.tls);
  out.open("retry");
  out.number("attempts", static_cast<std::uint64_t>(hec.retry.attempts));
  out.number("base_ms", count(hec.retry.base));
  out.number("cap_ms", count(hec.retry.cap));
  out.number("budget_s", count(hec.retry.budget));
  out.close();
  out.close();
}

void print_test(YamlWriter& out, const ConfigTest& test) {
  static constexpr std::string_view field_prefix = "fields.";
  Fields fields;
  out.open_item();
  out.text("name", test.name);
  out.open("input");
  for (const auto& [key, value] : test.input) out.text(key, value);
  out.close();
  out.open("expect");
  for (const auto& [key, value] : test.expect) {
    if (key.starts_with(field_prefix))
      fields.emplace_back(key.substr(field_prefix.size()), value);
    else
      out.text(key, value);
  }
  if (!fields.empty()) print_fields(out, fields);
  out.close();
  out.close_item();
}

template <typename Item>
void print_list(YamlWriter& out, std::string_view key, const std::vector<Item>& items,
                void (*print)(YamlWriter&, const Item&)) {
  if (items.empty()) return out.raw(key, "[]");
  out.open(key);
  for (const Item& item : items) print(out, item);
  out.close();
}

}  // namespace

std::string print_effective_config(const Config& config) {
  YamlWriter out;
  // Not a key of the file: it comes from ENVIRONMENT alone.
  if (!config.environment.empty()) {
    out.line(fmt::format("# ENVIRONMENT: {}", json_string(config.environment)));
  }
  out.open("log_groups");
  out.text("pattern", config.log_groups.pattern);
  out.raw("unmatched", name_of(unmatched_names, config.log_groups.unmatched));
  out.close();
  print_list(out, "rules", config.rules, print_rule);
  print_list(out, "redact", config.redact, print_redact);
  if (config.fields.empty())
    out.raw("fields", "{}");
  else
    print_fields(out, config.fields);
  print_hec(out, config.hec);
  print_list(out, "tests", config.tests, print_test);
  return out.take();
}

}  // namespace hecate
