// pcre2_classifier: which rule a message falls under, told the plain way.
//
// One message after another, one rule after another in file order, each pattern as written, with
// PCRE2: what the classification stage must agree with, however it gets there. A pattern with
// non-ASCII letters is matched by characters, any other by bytes.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <pcre2.h>
#include <re2/re2.h>

#include "pipeline/batch.h"
#include "pipeline/config.h"

namespace hecate {

class Pcre2Pattern {
 public:
  explicit Pcre2Pattern(const RuleConfig& rule) : Pcre2Pattern(rule.pattern, options_of(rule)) {}

  /// False when PCRE2 does not take the pattern.
  [[nodiscard]] bool ok() const noexcept { return code_ != nullptr; }
  /// Nothing when PCRE2 gives up on a search that takes too long.
  [[nodiscard]] std::optional<bool> matches(std::string_view message) const {
    const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(message.data()),
                                  message.size(), 0, 0, match_.get(), nullptr);
    if (found == PCRE2_ERROR_MATCHLIMIT) return std::nullopt;
    EXPECT_TRUE(found >= 0 || found == PCRE2_ERROR_NOMATCH) << "PCRE2 error " << found;
    return found >= 0;
  }

 private:
  Pcre2Pattern(const std::string& pattern, std::uint32_t options) {
    int error = 0;
    PCRE2_SIZE at = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options,
                              &error, &at, nullptr));
    if (!code_) return;
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);
    match_.reset(pcre2_match_data_create(1, nullptr));
  }
  static std::uint32_t options_of(const RuleConfig& rule) {
    // The shortcuts of PCRE2 10.42's compiled code miss matches of `(?:|\nx)[ab]*-`.
    std::uint32_t options = PCRE2_NO_START_OPTIMIZE;
    if (rule.caseless) options |= PCRE2_CASELESS;
    if (rule.dotall) options |= PCRE2_DOTALL;
    if (rule.multiline) options |= PCRE2_MULTILINE;
    for (const char c : rule.pattern) {
      if (static_cast<unsigned char>(c) >= 0x80) return options | PCRE2_UTF | PCRE2_UCP;
    }
    return options;
  }
  struct CodeFree {
    void operator()(pcre2_code* code) const noexcept { pcre2_code_free(code); }
  };
  struct MatchFree {
    void operator()(pcre2_match_data* match) const noexcept { pcre2_match_data_free(match); }
  };
  std::unique_ptr<pcre2_code, CodeFree> code_;
  std::unique_ptr<pcre2_match_data, MatchFree> match_;
};

class Pcre2Classifier {
 public:
  explicit Pcre2Classifier(const Config& config) {
    for (const RuleConfig& rule : config.rules) {
      patterns_.emplace_back(rule);
      groups_.push_back(rule.log_group.empty() ? nullptr : std::make_unique<RE2>(rule.log_group));
    }
  }
  /// Nothing when a rule that matters could not be searched for.
  [[nodiscard]] std::optional<std::uint16_t> classify(std::string_view message,
                                                      const std::string& log_group) const {
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (groups_[i] && !RE2::PartialMatch(log_group, *groups_[i])) continue;
      const std::optional<bool> matched = patterns_[i].matches(message);
      if (!matched) return std::nullopt;
      if (*matched) return static_cast<std::uint16_t>(i);
    }
    return no_rule;
  }

 private:
  std::vector<Pcre2Pattern> patterns_;
  std::vector<std::unique_ptr<RE2>> groups_;
};

}  // namespace hecate
