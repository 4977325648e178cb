// Classification against PCRE2: message by message, rule by rule, the same rule must win.
//
// Rule sets: the shipped example, a list of patterns chosen to be awkward, and patterns made up at
// random. Messages: noise over the patterns' own alphabet, and log lines where HECATE_LOG_SAMPLES
// names a folder with some. HECATE_TEST_SEED repeats a failure.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/json_text.h"
#include "stages/classify.h"
#include "tests/support/pcre2_classifier.h"
#include "tests/support/random_patterns.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_batch.h"

namespace hecate {
namespace {

struct Message {
  std::string text;
  std::string log_group = "/prod/app";
};

RuleConfig rule_of(std::string pattern, unsigned flags = 0) {
  RuleConfig rule;
  rule.name = rule.pattern = std::move(pattern);
  rule.caseless = (flags & 1) != 0;
  rule.dotall = (flags & 2) != 0;
  rule.multiline = (flags & 4) != 0;
  return rule;
}

std::string describe(const Config& config, std::uint16_t index) {
  if (index == no_rule) return "none";
  const RuleConfig& rule = config.rules[index];
  return "#" + std::to_string(index) + " " + json_string(rule.pattern) +
         (rule.caseless ? " caseless" : "") + (rule.dotall ? " dotall" : "") +
         (rule.multiline ? " multiline" : "") +
         (rule.log_group.empty() ? "" : " in " + rule.log_group);
}

class ClassifyAgainstPcre2 : public testing::Test {
 protected:
  ClassifyAgainstPcre2() : seed_(test_seed(20240501)), random_(seed_), patterns_(random_) {
    std::cout << "seed " << seed_ << '\n';
  }
  ~ClassifyAgainstPcre2() override {
    std::cout << compared_ << " messages compared, " << matched_ << " matched a rule; " << scanned_
              << " of " << sets_ << " rule sets are scanned for across messages\n";
  }

  /// Classifies `messages` in batches of random sizes, with events of other fates among them.
  void expect_agreement(const Config& config, const std::vector<Message>& messages) {
    std::vector<ConfigProblem> problems;
    const auto rules = CompiledRules::compile(config, nullptr, problems);
    if (!problems.empty()) {  // random patterns may be more than the engine takes
      ASSERT_NE(problems[0].message.find("too large"), std::string::npos) << problems[0].message;
      ++too_large_;
      return;
    }
    ++sets_;
    if (rules->scan_database() != nullptr) ++scanned_;
    Classify classify(rules);
    const Pcre2Classifier reference(config);
    std::size_t next = 0;
    const std::size_t before = disagreements_;
    while (next < messages.size() && disagreements_ == before && disagreements_ < 20) {
      TestBatch batch;
      std::vector<std::size_t> of_event;  // index into messages; npos: not to be classified
      for (std::size_t i = 1 + random_.below(600); i > 0 && next < messages.size(); --i) {
        if (i == 1 || batch->contexts.empty() ||
            batch->contexts.back()->log_group != messages[next].log_group)
          batch.begin_context("1", messages[next].log_group, "s").serial = serial_++;
        if (random_.below(20) == 0) {
          batch.add_message(messages[next].text).fate =
              random_.below(2) == 0 ? Fate::dead_letter : Fate::resumed;
          of_event.push_back(std::string::npos);
        }
        batch.add_message(messages[next].text);
        of_event.push_back(next++);
      }
      ASSERT_TRUE(classify.process(*batch));
      compare(config, reference, *batch, of_event, messages);
    }
  }

  void compare(const Config& config, const Pcre2Classifier& reference, const Batch& batch,
               const std::vector<std::size_t>& of_event, const std::vector<Message>& messages) {
    for (std::size_t i = 0; i < of_event.size(); ++i) {
      const std::uint16_t got = batch.events[i].rule;
      if (of_event[i] == std::string::npos) {
        EXPECT_EQ(got, no_rule) << "an event that is not kept was classified";
        continue;
      }
      const Message& message = messages[of_event[i]];
      const auto wanted = reference.classify(message.text, message.log_group);
      if (!wanted) continue;
      ++compared_;
      if (*wanted != no_rule) ++matched_;
      if (got == *wanted || ++disagreements_ > 20) continue;
      ADD_FAILURE() << "message " << json_string(message.text) << "\n  classified as "
                    << describe(config, got) << "\n  PCRE2 says    " << describe(config, *wanted)
                    << "\n  (HECATE_TEST_SEED=" << seed_ << ")";
    }
  }

  /// Words of `vocabulary` and noise, joined.
  std::vector<Message> messages_of(const std::vector<std::string>& vocabulary, std::size_t count) {
    std::vector<Message> messages(count);
    for (Message& message : messages) {
      for (std::size_t words = 1 + random_.below(4); words > 0; --words) {
        const std::string& word = vocabulary[random_.below(vocabulary.size())];
        message.text += random_.below(3) == 0 ? patterns_.disturbed(word) : word;
        if (random_.below(3) == 0) message.text += patterns_.character();
        if (random_.below(6) == 0) message.text += patterns_.text(6);
      }
      if (message.text.empty()) message.text = "a";
      if (random_.below(4) == 0) message.log_group = "/dev/web";
    }
    return messages;
  }

  std::uint64_t seed_;
  SeededRandom random_;
  RandomPatterns patterns_;
  std::uint64_t serial_ = 1;
  std::size_t compared_ = 0;
  std::size_t matched_ = 0;
  std::size_t disagreements_ = 0;
  std::size_t sets_ = 0;
  std::size_t too_large_ = 0;
  std::size_t scanned_ = 0;  // sets with patterns that are searched for in all messages at once
};

Config fifty_rules() {
  std::ifstream in(HECATE_SOURCE_DIR "/examples/config/fifty-rules.yaml");
  const std::string yaml(std::istreambuf_iterator<char>(in), {});
  ConfigLoad load = load_config(yaml, {}, {});
  EXPECT_TRUE(load.problems.empty());
  EXPECT_EQ(load.config.rules.size(), 50U);
  return std::move(load.config);
}

/// The literal parts of the patterns, roughly: enough to come near to a match.
std::vector<std::string> words_of(const Config& config) {
  std::vector<std::string> words{
      "4111 1111 1111 1111",  "5555555555554444", "a.b@example.com", "10.0.0.1", "\" 503 ",
      "AKIAIOSFODNN7EXAMPLE", "sshd[12]: ",       "x.java:42)",      "\n",       "0.00 seconds"};
  for (const RuleConfig& rule : config.rules) {
    std::string word;
    for (std::size_t i = 0; i < rule.pattern.size(); ++i) {
      const char c = rule.pattern[i];
      const bool escape = c == '\\' && i + 1 < rule.pattern.size();
      if (escape && std::isalnum(static_cast<unsigned char>(rule.pattern[i + 1])) != 0) {
        word += rule.pattern[++i] == 's' ? ' ' : '7';
      } else if (escape) {
        word += rule.pattern[++i];
      } else if (std::string_view("()[]{}?*+|^$").find(c) == std::string_view::npos) {
        word += c;
      } else if (c == '|' || c == '(') {
        words.push_back(word);
        if (c == '|') word.clear();
      }
    }
    words.push_back(word);
  }
  std::erase(words, "");
  return words;
}

TEST_F(ClassifyAgainstPcre2, agrees_on_the_fifty_example_rules_over_noise) {
  const Config config = fifty_rules();
  expect_agreement(config, messages_of(words_of(config), 40'000));
  EXPECT_GT(matched_, 4'000U);
}

TEST_F(ClassifyAgainstPcre2, agrees_on_the_fifty_example_rules_over_real_lines) {
  const char* folder = std::getenv("HECATE_LOG_SAMPLES");
  if (folder == nullptr) GTEST_SKIP() << "HECATE_LOG_SAMPLES names no folder";
  std::vector<Message> messages;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    std::ifstream in(entry.path());
    std::string line;
    while (std::getline(in, line)) {
      std::string repaired;
      append_valid_utf8(repaired, line);
      if (!messages.empty() && random_.below(10) == 0) {
        messages.back().text += '\n' + repaired;  // as a stack trace would be
      } else if (!repaired.empty()) {
        messages.push_back({repaired});
      }
    }
  }
  expect_agreement(fifty_rules(), messages);
}

/// Each is there because something in it can go wrong when ends are trimmed, when messages are
/// scanned together, or when the engine and PCRE2 read it differently.
const std::vector<std::string> awkward{
    // anchors
    "^a", "a$", "^a$", R"(\Aa)", R"(a\z)", R"(a\Z)", "^", "$", "^$", "(^|b)a", "a(b|$)", "(?:^|x)",
    "a|^b", "a$|b", "(^a|b$)c*", "^a*b", "a*$", "^.a", "a.$", R"(^\s*a)", R"(a\s*$)", "(?m)^a$",
    "(?m)^b", "(?m)a$", R"(\Aa.*b\z)",
    // word boundaries beside repetitions
    R"(\ba+)", R"(a+\b)", R"(\bab\b)", R"(\b\d{2,}\b)", R"(\b\w+\b)", R"(\ba*b)", R"(a\b.\bb)",
    R"((\ba|b+\b)c)", R"(\b)", R"(\ba?\b)", R"(\b(a|b)+\b)", R"(\ba{2}\b)", R"(x\b|\bb+)",
    // what reaches across lines, and so across messages
    R"(a\sb)", R"(a\s+b)", R"(a[^x]b)", "a[^x]*b", R"(a\nb)", R"(a\Wb)", R"(a\Db)", R"(\S\s\S)",
    "a.b", "a.*b", R"(a[\s\S]b)", R"(\n)", R"(\na)", R"(a\n)", R"(\s$)", R"(^\s)", R"(a[\n\t]b)",
    R"(a\vb)", R"(a[\v]b)", R"(a\x0ab)", R"(a[[:space:]]b)", R"(a[^[:alpha:]]b)",
    R"(a[\x00-\x20]b)",
    // optional ends and repetitions
    "a?", "a*", "a*b*", "ab?", "a?b", "a{2,}b?", "(a|b)?ab", "x*", "(ab)*x?", "(a|)b", "a(|b)",
    "a+?", "a*?b", "a??b", "(ab){2}", "(ab+){2,3}", "(a+|b)+", "((a)?b?)*", "(a*b)?c", "a{0}b",
    "a{0,1}", "a{3}", "(?:a{1,2}){2}b", "(a|b*)x", "x(a|b*)",
    // inline flags, classes, escapes
    "(?i)ab", "(?s)a.b", "(?is)A.B", "(?i)(?m)^AB$", R"([]a])", R"([^]a]b)", R"([a\]]x)",
    R"([\d-]a)", R"(\.)", R"(a\\b)", R"(\"a)", R"(\t)", R"(\x41)", R"(\x4)", R"(a\x4+?)", R"(\/)",
    R"(\-a)", "}", "]", "a}", R"([[:digit:]]+)", R"(\h)", R"(\N)", R"(\e?a)", R"([a-c]{2}\.)",
    R"(\Qa.b\E)", R"(a\Bb)", "(?#note)a", "(?i:a)b", "a{,2}", "a{x}",
    // letters that are not ASCII
    "\xc3\xa9", "\xc3\xa9+", "a\xc3\xa9?b",
    R"(\w)"
    "\xc3\xa9?",
    R"(a\w\b)"
    "\xc3\xa9*",
    "[\xc3\xa9x]a", "(?i)\xc3\x89", ".\xc3\xa9", "\xc3\xa9.b",
    R"(\b)"
    "\xc3\xa9+",
    "[^\xc3\xa9]b",
    // as people write them
    R"(\d{16})", R"(\b\d{3}-\d{2}-\d{4}\b)", R"([\w.+-]+@[\w-]+\.[\w.-]+)", R"(foo=(\d+|"[^"]*")?)",
    R"(\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b)", "(foo|bar)?baz", R"(user=\w+)", R"(.*error.*)",
    R"(^\[?\d+\]?\s+ERROR)", R"(\bat [\w.$]+\([\w$]+\.java:\d+\))", R"("status":\s*5\d\d)"};

const std::vector<std::string> awkward_words{"a",
                                             "b",
                                             "ab",
                                             "ba",
                                             "aa",
                                             "abab",
                                             "A",
                                             "AB",
                                             "x",
                                             "c",
                                             "bc",
                                             "foo",
                                             "bar",
                                             "baz",
                                             "\n",
                                             "\n",
                                             "a\nb",
                                             "a\n",
                                             "\na",
                                             "a\tb",
                                             "a b",
                                             "a\vb",
                                             " ",
                                             "\t",
                                             "\"",
                                             "\\",
                                             "a\\b",
                                             "\"a",
                                             ".",
                                             "-",
                                             "12",
                                             "1",
                                             "1111222233334444",
                                             "12345678901234567",
                                             "123-45-6789",
                                             "me@x.org",
                                             "1.2.3.4",
                                             "foo=1",
                                             "foo=\"a\nb\"",
                                             "user=a",
                                             "error",
                                             "[1] ERROR",
                                             "at a.B$c(D.java:4)",
                                             "\"status\": 503",
                                             "}",
                                             "]",
                                             "\xc3\xa9",
                                             "a\xc3\xa9",
                                             "\xc3\xa9"
                                             "b",
                                             "\xc3\x89",
                                             "a\xc3\xa9"
                                             "b",
                                             "\x04",
                                             "\x04"
                                             "+",
                                             "/",
                                             "-a",
                                             "a.b"};

TEST_F(ClassifyAgainstPcre2, agrees_on_every_awkward_pattern_by_itself) {
  std::size_t taken = 0;
  for (const std::string& pattern : awkward) {
    for (unsigned flags = 0; flags < 8; ++flags) {
      Config config;
      config.rules.push_back(rule_of(pattern, flags));
      std::vector<ConfigProblem> problems;
      CompiledRules::check(config, problems);
      if (!problems.empty()) continue;  // the engine does not know it; the user is told so
      ++taken;
      expect_agreement(config, messages_of(awkward_words, 60));
    }
  }
  EXPECT_GT(taken, awkward.size() * 7);
}

TEST_F(ClassifyAgainstPcre2, agrees_on_awkward_patterns_in_company_and_per_log_group) {
  for (int round = 0; round < 100; ++round) {
    Config config;
    for (std::size_t i = 2 + random_.below(20); i > 0; --i) {
      RuleConfig rule =
          rule_of(awkward[random_.below(awkward.size())], static_cast<unsigned>(random_.below(8)));
      if (random_.below(4) == 0) rule.log_group = random_.below(2) == 0 ? "^/prod/" : "web$";
      std::vector<ConfigProblem> problems;
      const Config alone{.log_groups = {},
                         .rules = {rule},
                         .redact = {},
                         .fields = {},
                         .environment = {},
                         .hec = {},
                         .tests = {}};
      CompiledRules::check(alone, problems);
      // What matches everything hides the rules behind it.
      const bool hides = make_scan_pattern(rule.pattern, {}).always && random_.below(10) > 0;
      if (problems.empty() && !hides) config.rules.push_back(std::move(rule));
    }
    expect_agreement(config, messages_of(awkward_words, 500));
  }
  EXPECT_GT(scanned_, sets_ * 9 / 10);
}

TEST_F(ClassifyAgainstPcre2, agrees_on_patterns_made_up_at_random) {
  for (int round = 0; round < 150; ++round) {
    Config config;
    std::vector<std::string> words;
    while (config.rules.size() < 1 + static_cast<std::size_t>(round % 12)) {
      PatternSample sample = patterns_.pattern();
      Config alone;
      alone.rules.push_back(rule_of(
          sample.pattern, random_.below(3) == 0 ? static_cast<unsigned>(random_.below(8)) : 0));
      if (random_.below(8) == 0) alone.rules[0].log_group = "^/prod/";
      std::vector<ConfigProblem> problems;
      CompiledRules::check(alone, problems);
      // PCRE2 alone refuses two groups of one name.
      if (!problems.empty() || !Pcre2Pattern(alone.rules[0]).ok()) continue;
      if (make_scan_pattern(sample.pattern, {}).always && random_.below(10) > 0) continue;
      config.rules.push_back(std::move(alone.rules[0]));
      words.push_back(std::move(sample.text));
    }
    words.emplace_back("ab");
    expect_agreement(config, messages_of(words, 600));
    if (disagreements_ >= 20) break;
  }
  EXPECT_GT(scanned_, sets_ * 8 / 10);
  EXPECT_LT(too_large_, 10U);
}

}  // namespace
}  // namespace hecate
