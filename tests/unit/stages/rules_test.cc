// Compiling rules: what is wrong with patterns and where, the cache, and many of them at once.
#include "stages/rules.h"

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace hecate {
namespace {

class FakeCache : public BlobCache {
 public:
  std::optional<std::string> load(std::string_view key) override {
    ++loads;
    const auto found = blobs.find(std::string(key));
    if (found == blobs.end()) return std::nullopt;
    return found->second;
  }
  void store(std::string_view key, std::string_view bytes) override {
    blobs[std::string(key)] = bytes;
  }
  std::map<std::string, std::string> blobs;
  int loads = 0;
};

Config config_of(const std::vector<std::string>& patterns) {
  Config config;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    RuleConfig rule;
    rule.name = "rule" + std::to_string(i);
    rule.pattern = patterns[i];
    rule.line = static_cast<int>(i) * 10 + 1;
    rule.pattern_at = {static_cast<int>(i) * 10 + 2, 14};
    rule.log_group_at = {static_cast<int>(i) * 10 + 3, 16};
    config.rules.push_back(std::move(rule));
  }
  return config;
}

std::vector<ConfigProblem> problems_of(const Config& config) {
  std::vector<ConfigProblem> checked;
  CompiledRules::check(config, checked);
  std::vector<ConfigProblem> compiled;
  CompiledRules::compile(config, nullptr, compiled);
  EXPECT_EQ(checked.size(), compiled.size()) << "a check finds what compiling finds";
  return checked;
}

std::string only_problem(const std::string& pattern) {
  const std::vector<ConfigProblem> problems = problems_of(config_of({pattern}));
  EXPECT_EQ(problems.size(), 1U) << pattern;
  return problems.empty() ? "" : problems[0].message;
}

TEST(Rules, all_bad_patterns_are_reported_with_their_places) {
  Config config = config_of({"good", "bad(", "fine", "[worse"});
  config.rules[2].log_group = "(";
  const std::vector<ConfigProblem> problems = problems_of(config);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].line, 12);
  EXPECT_EQ(problems[0].column, 14);
  EXPECT_EQ(problems[0].message.rfind("rule 'rule1': pattern: ", 0), 0U) << problems[0].message;
  EXPECT_EQ(problems[1].line, 23);
  EXPECT_EQ(problems[1].column, 16);
  EXPECT_EQ(problems[1].message.rfind("rule 'rule2': log_group: ", 0), 0U) << problems[1].message;
  EXPECT_EQ(problems[2].line, 32);
}

TEST(Rules, what_cannot_be_searched_for_in_one_pass_is_explained) {
  for (const char* pattern : {"a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b"}) {
    EXPECT_NE(only_problem(pattern).find("look-around cannot be searched for in one pass"),
              std::string::npos)
        << pattern;
  }
  for (const char* pattern : {R"((a)\1)", R"((?P<x>a)(?P=x))"}) {
    EXPECT_NE(only_problem(pattern).find("back-references cannot be searched for in one pass"),
              std::string::npos)
        << pattern;
  }
}

TEST(Rules, other_things_the_engine_lacks_are_reported_too) {
  for (const char* pattern : {"a++", "(?>a)b", "a{3,2}", "a**", R"(a\Kb)", R"(\p{Nonsense})",
                              "(?R)", "\xff\xfe", "a{1,100000}b"}) {
    EXPECT_FALSE(only_problem(pattern).empty()) << pattern;
  }
}

TEST(Rules, an_empty_pattern_is_left_to_those_who_checked_the_file) {
  std::vector<ConfigProblem> problems;
  CompiledRules::check(config_of({""}), problems);
  EXPECT_TRUE(problems.empty());
}

TEST(Rules, usual_patterns_are_scanned_for_together_and_unusual_ones_singly) {
  std::vector<ConfigProblem> problems;
  const auto usual = CompiledRules::compile(config_of({"error", R"(user=\w+)"}), nullptr, problems);
  EXPECT_NE(usual->scan_database(), nullptr);
  EXPECT_EQ(usual->single_database(), nullptr);
  const auto unusual = CompiledRules::compile(config_of({R"(a\Bb)"}), nullptr, problems);
  EXPECT_EQ(unusual->scan_database(), nullptr);
  EXPECT_NE(unusual->single_database(), nullptr);
  const auto none = CompiledRules::compile(config_of({".*"}), nullptr, problems);
  EXPECT_EQ(none->scan_database(), nullptr);
  EXPECT_EQ(none->single_database(), nullptr);
  EXPECT_TRUE(problems.empty());
}

// The engine takes ^^a, but not among patterns whose anchors mean lines.
TEST(Rules, one_pattern_that_cannot_join_the_scan_does_not_keep_the_others_out) {
  std::vector<ConfigProblem> problems;
  const auto rules =
      CompiledRules::compile(config_of({"error", "^^a", "warning"}), nullptr, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_NE(rules->scan_database(), nullptr);
  EXPECT_NE(rules->single_database(), nullptr);
  EXPECT_TRUE(rules->rules()[0].scan.understood && rules->rules()[2].scan.understood);
  EXPECT_FALSE(rules->rules()[1].scan.understood);
}

// That a pattern is too much for the engine may show only when it is compiled.
TEST(Rules, a_pattern_that_is_too_large_is_named_with_its_place) {
  std::vector<ConfigProblem> problems;
  CompiledRules::compile(config_of({"fine", R"(a\B(\w{1,300}b){1,200}x)"}), nullptr, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 12);
  EXPECT_EQ(problems[0].column, 14);
  EXPECT_EQ(problems[0].message, "rule 'rule1': pattern: Pattern is too large.");
}

TEST(Rules, a_pattern_to_confirm_with_is_compiled_once_whoever_asks) {
  std::vector<ConfigProblem> problems;
  const auto rules = CompiledRules::compile(config_of({R"(a\sb)", "^c"}), nullptr, problems);
  std::vector<const hs_database*> got(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < got.size(); ++i) {
    threads.emplace_back(
        [&, i] { got[i] = rules->confirm_database(static_cast<std::uint16_t>(i % 2)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NE(got[i], nullptr);
    EXPECT_EQ(got[i], got[i % 2]);
  }
  EXPECT_NE(got[0], got[1]);
}

TEST(RulesCache, keeps_the_compiled_patterns) {
  FakeCache cache;
  std::vector<ConfigProblem> problems;
  const Config config = config_of({"error", R"(user=\w+)"});
  EXPECT_FALSE(CompiledRules::compile(config, &cache, problems)->from_cache());
  ASSERT_EQ(cache.blobs.size(), 1U);
  const auto again = CompiledRules::compile(config, &cache, problems);
  EXPECT_TRUE(again->from_cache());
  EXPECT_NE(again->scan_database(), nullptr);
  EXPECT_FALSE(CompiledRules::compile(config, nullptr, problems)->from_cache());
  EXPECT_TRUE(problems.empty());
}

TEST(RulesCache, tells_apart_whatever_changes_what_is_matched) {
  FakeCache cache;
  std::vector<ConfigProblem> problems;
  const auto is_new = [&](const Config& config) {
    return !CompiledRules::compile(config, &cache, problems)->from_cache();
  };
  Config config = config_of({"error.b", "warning"});
  EXPECT_TRUE(is_new(config));
  EXPECT_TRUE(is_new(config_of({"warning", "error.b"}))) << "rules are known by their place";
  EXPECT_TRUE(is_new(config_of({"error.b", "warning", "failure"})));
  config.rules[0].caseless = true;
  EXPECT_TRUE(is_new(config));
  config.rules[0].dotall = true;
  EXPECT_TRUE(is_new(config));
  EXPECT_TRUE(is_new(config_of({R"(word\w)"})));
  EXPECT_TRUE(is_new(config_of({"word\\w\xc3\xa9?"})))
      << "matched by characters, though trimmed alike";
  config.rules[0].name = "another";
  config.rules[0].set.index = "i";
  EXPECT_FALSE(is_new(config)) << "what a rule sets is none of the cache's business";
}

TEST(RulesCache, damage_costs_time_only) {
  std::vector<ConfigProblem> problems;
  const Config config = config_of({"error", "warning"});
  FakeCache good;
  CompiledRules::compile(config, &good, problems);
  ASSERT_EQ(good.blobs.size(), 1U);
  const std::string bytes = good.blobs.begin()->second;
  std::vector<std::string> damaged{"",
                                   "x",
                                   bytes.substr(0, 8),
                                   bytes.substr(0, bytes.size() - 1),
                                   bytes + "x",
                                   std::string(bytes.size(), '\0')};
  for (std::size_t at : {std::size_t{0}, std::size_t{5}, std::size_t{40}, bytes.size() / 2}) {
    damaged.push_back(bytes);
    damaged.back()[at] ^= 0x55;
  }
  for (const std::string& blob : damaged) {
    FakeCache cache;
    cache.blobs[good.blobs.begin()->first] = blob;
    const auto rules = CompiledRules::compile(config, &cache, problems);
    EXPECT_FALSE(rules->from_cache()) << blob.size() << " bytes";
    EXPECT_NE(rules->scan_database(), nullptr);
    EXPECT_TRUE(cache.blobs.begin()->second == bytes) << "a good one takes its place";
  }
  EXPECT_TRUE(problems.empty());
}

TEST(Rules, a_thousand_are_compiled_in_seconds) {
  std::vector<std::string> patterns;
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    switch (i % 4) {
      case 0:
        patterns.push_back("service" + n + R"( failed with code \d+)");
        break;
      case 1:
        patterns.push_back(R"(\[worker-)" + n + R"(\] (?:ERROR|FATAL) .*timeout)");
        break;
      case 2:
        patterns.push_back(R"(^\S+ host)" + n + R"( \w+\[\d+\]: )");
        break;
      default:
        patterns.push_back("\"module\":\"m" + n + R"(",.*"status":5\d\d)");
    }
  }
  std::vector<ConfigProblem> problems;
  const auto begun = std::chrono::steady_clock::now();
  const auto rules = CompiledRules::compile(config_of(patterns), nullptr, problems);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_TRUE(problems.empty());
  EXPECT_NE(rules->scan_database(), nullptr);
  EXPECT_EQ(rules->single_database(), nullptr);
  EXPECT_LT(took, std::chrono::seconds(60));
  RecordProperty(
      "milliseconds",
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
}

}  // namespace
}  // namespace hecate
