// pattern_reference: what a pattern matches, told by PCRE2, and where classification must agree.
//
// The engine behind classification has faults of its own that no caller can mend. So when PCRE2 and
// classification disagree, the engine is asked for the message alone and the pattern as written: if
// that is where the difference comes from, it is not ours; if not, our way of searching many
// messages at once has changed what a pattern matches.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hs/hs.h>
#include <pcre2.h>

#include "pipeline/json_text.h"
#include "stages/classify.h"
#include "stages/rules.h"
#include "tests/fuzz/support.h"
#include "tests/support/test_batch.h"

namespace hecate::fuzz {

inline bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class Pcre2Reference {
 public:
  explicit Pcre2Reference(const RuleConfig& rule) {
    // The shortcuts of PCRE2 10.42's search miss matches of `(?:|\nx)[ab]*-`.
    std::uint32_t options = PCRE2_NO_START_OPTIMIZE | PCRE2_NEVER_BACKSLASH_C;
    if (rule.caseless) options |= PCRE2_CASELESS;
    if (rule.dotall) options |= PCRE2_DOTALL;
    if (rule.multiline) options |= PCRE2_MULTILINE;
    if (!is_ascii(rule.pattern)) options |= PCRE2_UTF | PCRE2_UCP;
    int error = 0;
    PCRE2_SIZE at = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(rule.pattern.data()),
                              rule.pattern.size(), options, &error, &at, nullptr));
    if (!code_) return;
    match_.reset(pcre2_match_data_create(1, nullptr));
    limits_.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(limits_.get(), 20'000);
  }
  [[nodiscard]] bool ok() const { return code_ != nullptr; }
  /// Nothing when it gives up.
  [[nodiscard]] std::optional<bool> matches(std::string_view message) const {
    const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(message.data()),
                                  message.size(), 0, PCRE2_NO_JIT, match_.get(), limits_.get());
    if (found >= 0) return true;
    if (found == PCRE2_ERROR_NOMATCH) return false;
    return std::nullopt;
  }

 private:
  template <auto free>
  struct Free {
    void operator()(auto* thing) const noexcept { free(thing); }
  };
  std::unique_ptr<pcre2_code, Free<pcre2_code_free>> code_;
  std::unique_ptr<pcre2_match_data, Free<pcre2_match_data_free>> match_;
  std::unique_ptr<pcre2_match_context, Free<pcre2_match_context_free>> limits_;
};

/// What the engine says of one message and the pattern as written.
inline bool engine_matches(const CompiledRules& rules, std::uint16_t rule,
                           std::string_view message) {
  const hs_database* database = rules.confirm_database(rule);
  require(database != nullptr, "a pattern that was taken compiles");
  HsScratch scratch;
  require(scratch.prepare(*database).has_value(), "there is memory");
  bool matched = false;
  const auto on_match = [](unsigned, unsigned long long, unsigned long long, unsigned,
                           void* self) -> int {
    *static_cast<bool*>(self) = true;
    return 1;
  };
  hs_scan(database, message.data(), static_cast<unsigned>(message.size()), 0, scratch.get(),
          on_match, &matched);
  return matched;
}

/// Classifies `messages` together by `config`'s one rule and compares each with PCRE2.
inline void compare_with_pcre2(const Config& config, const std::vector<std::string>& messages) {
  const RuleConfig& rule = config.rules.front();
  const Pcre2Reference pcre2(rule);
  if (!pcre2.ok()) return;
  std::vector<ConfigProblem> problems;
  const std::shared_ptr<const CompiledRules> rules =
      CompiledRules::compile(config, nullptr, problems);
  if (!problems.empty()) return;
  TestBatch batch;
  for (const std::string& message : messages) {
    std::string text = message;
    if (!is_ascii(rule.pattern)) {  // goes by characters, so there have to be characters
      text.clear();
      append_valid_utf8(text, message);
    }
    batch.add_message(text);
  }
  if (batch->events.empty()) return;
  batch.begin_context("1", "group", "stream");
  Classify classify(rules);
  require(classify.process(*batch).has_value(), "the engine does not fail");
  for (const Event& event : batch->events) {
    const std::string_view message = batch->message(event);
    const std::optional<bool> wanted = pcre2.matches(message);
    const bool got = event.rule == 0;
    if (!wanted || got == *wanted || engine_matches(*rules, 0, message) == got) continue;
    broken("classification agrees with PCRE2",
           fmt::format("pattern {}\nscanned as {}, {} bit elements\nmessage {}\ngot {}, wanted {}",
                       shown(rule.pattern), shown(rules->rules()[0].scan.text),
                       rules->rules()[0].scan.bits.size(), shown(message), got, *wanted));
  }
}

}  // namespace hecate::fuzz
