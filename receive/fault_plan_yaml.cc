// fault_plan_yaml: reads a FaultPlan from YAML; the only file here that knows yaml-cpp.
//
// A plan with a typing error would rehearse the wrong outage without a word, so every key must be
// known, every value must make sense, and all mistakes are reported at once with line and column.

#include <cmath>
#include <fstream>
#include <initializer_list>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "receive/fault_plan.h"

namespace hecate::receive {

namespace {

constexpr int64_t delay_ms_max = 3'600'000;

class PlanReader {
 public:
  explicit PlanReader(std::string_view name) : name_(name) {}

  FaultPlan read(const YAML::Node& root) {
    uint64_t seed = 0;
    std::vector<FaultRule> rules;
    if (!root.IsMap()) {
      complain(root, "expected a map with the keys seed and rules");
      return {};
    }
    for (const auto& entry : root) {
      const std::string key = entry.first.Scalar();
      if (key == "seed")
        read_number(entry.second, key, uint64_t{0}, UINT64_MAX, seed);
      else if (key == "rules")
        read_rules(entry.second, rules);
      else
        complain(entry.first, fmt::format("unknown key '{}'; known: seed, rules", key));
    }
    return {seed, std::move(rules)};
  }

  const std::string& complaints() const { return complaints_; }

 private:
  void complain(const YAML::Node& at, std::string_view what) {
    if (!complaints_.empty()) complaints_ += '\n';
    const YAML::Mark mark = at.Mark();
    complaints_ += fmt::format("{}:{}:{}: {}", name_, mark.line + 1, mark.column + 1, what);
  }

  template <typename Number>
  void read_number(const YAML::Node& value, std::string_view key, Number min, Number max,
                   Number& out) {
    Number number{};
    const bool read = value.IsScalar() && !value.Scalar().starts_with('-') &&
                      YAML::convert<Number>::decode(value, number);
    if (read && number >= min && number <= max)
      out = number;
    else
      complain(value, fmt::format("'{}' must be a number from {} to {}", key, min, max));
  }

  template <typename Number>
  void read_number(const YAML::Node& value, std::string_view key, Number min, Number max,
                   std::optional<Number>& out) {
    Number number = min;
    read_number(value, key, min, max, number);
    out = number;
  }

  bool read_bool(const YAML::Node& value, std::string_view key) {
    bool flag = false;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, flag))
      complain(value, fmt::format("'{}' must be true or false", key));
    return flag;
  }

  // The place of the value in `words`.
  size_t read_word(const YAML::Node& value, std::string_view key,
                   std::initializer_list<std::string_view> words) {
    size_t place = 0;
    for (const std::string_view word : words) {
      if (value.IsScalar() && value.Scalar() == word) return place;
      ++place;
    }
    complain(value, fmt::format("'{}' must be one of: {}", key, fmt::join(words, ", ")));
    return 0;
  }

  void read_rules(const YAML::Node& list, std::vector<FaultRule>& rules) {
    if (!list.IsSequence() || list.size() > FaultPlan::rules_max) {
      complain(list, fmt::format("'rules' must be a list of at most {}", FaultPlan::rules_max));
      return;
    }
    for (const YAML::Node& node : list) {
      FaultRule rule;
      rule.name = fmt::format("rule {}", rules.size() + 1);
      read_rule(node, rule);
      rules.push_back(std::move(rule));
    }
  }

  void read_rule(const YAML::Node& node, FaultRule& rule) {
    if (!node.IsMap()) {
      complain(node, "a rule must be a map");
      return;
    }
    std::optional<bool> keep;
    bool refuse_token = false;
    for (const auto& entry : node) {
      const std::string& key = entry.first.Scalar();
      const YAML::Node& value = entry.second;
      if (key == "keep")
        keep = read_bool(value, key);
      else if (key == "refuse_token")
        refuse_token = read_bool(value, key);
      else if (!read_condition(key, value, rule) && !read_answer(key, value, rule.fault) &&
               !read_effect(key, value, rule.fault))
        complain(entry.first, fmt::format("unknown key '{}' in a fault rule", key));
    }
    finish_rule(node, rule, refuse_token, keep);
  }

  bool read_condition(std::string_view key, const YAML::Node& value, FaultRule& rule) {
    if (key == "name") {
      rule.name = value.IsScalar() ? value.Scalar() : "";
      if (rule.name.empty()) complain(value, "'name' must be a word");
    } else if (key == "path") {
      rule.path = value.IsScalar() ? value.Scalar() : "";
      if (!rule.path.starts_with('/'))
        read_word(value, key, {"data", "event", "raw", "ack", "health", "any"});
    } else if (key == "requests") {
      read_range(value, rule);
    } else if (key == "every") {
      read_number(value, key, uint64_t{1}, UINT64_MAX, rule.every);
    } else if (key == "probability") {
      read_number(value, key, 0.0, 1.0, rule.probability);
    } else if (key == "times") {
      read_number(value, key, uint64_t{1}, UINT64_MAX, rule.times);
    } else {
      return false;
    }
    return true;
  }

  bool read_answer(std::string_view key, const YAML::Node& value, Fault& fault) {
    if (key == "status") {
      read_number(value, key, 200, 599, fault.status);
    } else if (key == "code") {
      read_number(value, key, 0, static_cast<int>(hec_codes().size()) - 1, fault.code);
    } else if (key == "number") {
      read_number(value, key, uint64_t{0}, UINT64_MAX, fault.number);
    } else if (key == "retry_after") {
      fault.retry_after = value.IsScalar() ? value.Scalar() : "";
      if (fault.retry_after.empty() || fault.retry_after.find_first_of("\r\n") != std::string::npos)
        complain(value, "'retry_after' must be a number of seconds or an HTTP date");
    } else {
      return false;
    }
    return true;
  }

  bool read_effect(std::string_view key, const YAML::Node& value, Fault& fault) {
    if (key == "delay_ms") {
      read_number(value, key, int64_t{0}, delay_ms_max, fault.delay_ms);
    } else if (key == "ack_delay_ms") {
      read_number(value, key, int64_t{0}, delay_ms_max, fault.ack_delay_ms);
    } else if (key == "cut_body") {
      read_number(value, key, size_t{0}, size_t{1'000'000}, fault.cut_body);
    } else if (key == "lost_ack") {
      fault.lost_ack = read_bool(value, key);
    } else if (key == "reset") {
      fault.reset = read_word(value, key, {"before_body", "after_body"}) == 0
                        ? Fault::Reset::before_body
                        : Fault::Reset::after_body;
    } else if (key == "body") {
      fault.body =
          read_word(value, key, {"empty", "html"}) == 0 ? Fault::Body::empty : Fault::Body::html;
    } else {
      return false;
    }
    return true;
  }

  // N, N-M or N-.
  void read_range(const YAML::Node& value, FaultRule& rule) {
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    const size_t dash = text.find('-');
    const auto number = [](const std::string& digits, uint64_t& out) {
      return YAML::convert<uint64_t>::decode(YAML::Node(digits), out);
    };
    bool read = number(text.substr(0, dash), rule.first);
    if (dash == std::string::npos)
      rule.last = rule.first;
    else if (dash + 1 < text.size())
      read = number(text.substr(dash + 1), rule.last) && read;
    if (!read || rule.first == 0 || rule.first > rule.last)
      complain(value, "'requests' must be N, N-M or N-, counting from 1");
  }

  // What only shows when all keys of a rule are known.
  void finish_rule(const YAML::Node& node, FaultRule& rule, bool refuse_token,
                   std::optional<bool> keep) {
    Fault& fault = rule.fault;
    if (refuse_token && !fault.code) fault.code = 4;
    if ((fault.number || !fault.retry_after.empty()) && !fault.replaces_answer())
      complain(node, "'number' and 'retry_after' need a 'status' or a 'code'");
    const bool reset = fault.reset != Fault::Reset::none;
    if (reset && (fault.replaces_answer() || fault.cut_body || fault.body != Fault::Body::real))
      complain(node, "a rule with 'reset' sends no answer; remove what describes one");
    if (fault.reset == Fault::Reset::before_body && keep.value_or(false))
      complain(node, "'reset: before_body' takes no body, so there is nothing to keep");
    const bool any = fault.replaces_answer() || reset || fault.cut_body ||
                     fault.body != Fault::Body::real || fault.delay_ms > 0 || fault.lost_ack ||
                     fault.ack_delay_ms > 0;
    if (!any) complain(node, "the rule has no effect; give it a status, a reset, a delay_ms ...");
    fault.keep = keep.value_or(!fault.replaces_answer() && !reset);
  }

  std::string_view name_;
  std::string complaints_;
};

}  // namespace

Result<FaultPlan> FaultPlan::parse(const std::string& yaml, std::string_view name) {
  try {
    PlanReader reader(name);
    FaultPlan plan = reader.read(YAML::Load(yaml));
    if (!reader.complaints().empty()) return fail(Errc::usage, reader.complaints());
    return plan;
  } catch (const YAML::Exception& error) {
    return fail(Errc::usage, fmt::format("{}:{}:{}: {}", name, error.mark.line + 1,
                                         error.mark.column + 1, error.msg));
  }
}

Result<FaultPlan> FaultPlan::load(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream.is_open() || stream.bad())
    return fail(Errc::usage,
                fmt::format("{}: cannot be read; give --faults a readable file", file));
  return parse(text.str(), file);
}

}  // namespace hecate::receive
