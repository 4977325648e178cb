// Classification: which rule wins, where rules do not apply, and what must not leak from one
// message, batch or log group into another.
#include "stages/classify.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/limits.h"
#include "tests/support/test_batch.h"

namespace hecate {
namespace {

RuleConfig rule(std::string pattern, std::string log_group = {}) {
  RuleConfig config;
  config.name = config.pattern = std::move(pattern);
  config.log_group = std::move(log_group);
  return config;
}

Classify classifier(std::vector<RuleConfig> rules) {
  Config config;
  config.rules = std::move(rules);
  std::vector<ConfigProblem> problems;
  auto compiled = CompiledRules::compile(config, nullptr, problems);
  EXPECT_TRUE(problems.empty());
  return Classify(std::move(compiled));
}

/// The rule of each message; no_rule when none matched.
std::vector<std::uint16_t> rules_of(Classify& classify,
                                    std::initializer_list<std::string_view> messages) {
  TestBatch batch;
  for (const std::string_view message : messages) batch.add_message(message);
  EXPECT_TRUE(classify.process(*batch));
  std::vector<std::uint16_t> rules;
  for (const Event& event : batch->events) rules.push_back(event.rule);
  return rules;
}

using Rules = std::vector<std::uint16_t>;

TEST(Classify, the_first_rule_in_file_order_wins_wherever_it_matches) {
  Classify classify = classifier({rule("late"), rule("early"), rule("l")});
  EXPECT_EQ(rules_of(classify, {"early and late", "early", "lo", "none"}),
            (Rules{0, 1, 2, no_rule}));
}

TEST(Classify, messages_match_by_themselves_and_not_with_their_neighbours) {
  Classify classify = classifier({rule(R"(a\sb)"), rule("^b"), rule("a$"), rule(R"(\n)")});
  EXPECT_EQ(rules_of(classify, {"a", "b", "xa", "bx", "a\nb", "x\ny"}), (Rules{2, 1, 2, 1, 0, 3}));
}

TEST(Classify, anchors_mean_the_message_unless_told_to_mean_lines) {
  Classify messages = classifier({rule("^b"), rule("a$")});
  EXPECT_EQ(rules_of(messages, {"a\nb", "b\na", "a\n", "x\na\ny"}),
            (Rules{no_rule, 0, 1, no_rule}));
  Classify lines = classifier({rule("(?m)^b"), rule("(?m)a$")});
  EXPECT_EQ(rules_of(lines, {"a\nb", "b\na", "x\na\ny"}), (Rules{0, 0, 1}));
}

TEST(Classify, a_rule_that_matches_anything_ends_the_list) {
  Classify classify = classifier({rule("x"), rule(".*"), rule("y")});
  EXPECT_EQ(rules_of(classify, {"x", "y", "z"}), (Rules{0, 1, 1}));
}

TEST(Classify, unusual_patterns_take_part_in_the_same_order) {
  Classify classify = classifier({rule("first"), rule(R"(a\Bb)"), rule("ab"), rule("(?i:last)")});
  EXPECT_EQ(rules_of(classify, {"ab", "first ab", "a b LAST", "xab"}), (Rules{1, 0, 3, 1}));
}

TEST(Classify, patterns_of_numbers_are_confirmed_where_they_must_be) {
  Classify classify = classifier({rule(R"(\b\d{16}\b)"), rule(R"(\d{4,}-x?$)"), rule(R"(\d{8})")});
  EXPECT_EQ(
      rules_of(classify, {"1234567812345678", "12345678123456789", "1234-", "1234-\n5", "1234"}),
      (Rules{0, 2, 1, no_rule, no_rule}));
}

TEST(Classify, letters_beyond_ascii_make_a_pattern_go_by_characters) {
  Classify classify = classifier({rule("^.\xc3\xa9$"), rule("\\w\xc3\xa9*!")});
  EXPECT_EQ(rules_of(classify, {"\xe2\x82\xac\xc3\xa9", "ab\xc3\xa9", "\xc3\xa9!"}),
            (Rules{0, no_rule, 1}));
}

TEST(Classify, only_events_that_are_kept_have_a_rule) {
  Classify classify = classifier({rule("a")});
  TestBatch batch;
  batch.add_message("a");
  batch.add_message("a").fate = Fate::dead_letter;
  batch.add_message("b");
  batch.add_message("a").fate = Fate::filtered;
  batch.add_message("a");
  ASSERT_TRUE(classify.process(*batch));
  Rules rules;
  for (const Event& event : batch->events) rules.push_back(event.rule);
  EXPECT_EQ(rules, (Rules{0, no_rule, no_rule, no_rule, 0}));
}

TEST(Classify, without_rules_nothing_is_needed_of_the_batch) {
  Classify classify = classifier({});
  TestBatch batch;
  batch.add_json("never unescaped");
  ASSERT_TRUE(classify.process(*batch));
  EXPECT_EQ(batch->events[0].rule, no_rule);
}

TEST(Classify, an_empty_batch_is_fine) {
  Classify classify = classifier({rule("a"), rule(R"(\d{16})"), rule(R"(a\Bb)")});
  TestBatch batch;
  EXPECT_TRUE(classify.process(*batch));
  EXPECT_EQ(rules_of(classify, {"a"}), (Rules{0}));
}

TEST(Classify, a_batch_leaves_nothing_behind_for_the_next) {
  Classify classify = classifier({rule(R"(a\sb)"), rule("c")});
  EXPECT_EQ(rules_of(classify, {"a\nb", "x", "c"}), (Rules{0, no_rule, 1}));
  EXPECT_EQ(rules_of(classify, {"x", "a\nb"}), (Rules{no_rule, 0}));
  EXPECT_EQ(rules_of(classify, {"x"}), (Rules{no_rule}));
}

TEST(Classify, rules_apply_only_in_the_log_groups_they_name) {
  Classify classify = classifier(
      {rule("error", "^/prod/"), rule(R"(e\wror)", "web"), rule("error"), rule(".*", "^/noisy")});
  TestBatch batch;
  for (const char* group : {"/prod/web", "/dev/web", "/dev/db", "/noisy", ""}) {
    batch.begin_context("1", group, "s");
    batch.add_message("an error");
    batch.add_message("fine");
  }
  ASSERT_TRUE(classify.process(*batch));
  Rules rules;
  for (const Event& event : batch->events) rules.push_back(event.rule);
  EXPECT_EQ(rules, (Rules{0, no_rule, 1, no_rule, 2, no_rule, 2, 3, 2, no_rule}));
}

TEST(Classify, more_log_groups_than_are_remembered_are_told_apart) {
  Classify classify = classifier({rule("a", "[13579]$"), rule("a")});
  std::uint64_t serial = 0;
  for (int round = 0; round < 3; ++round) {
    TestBatch batch;
    for (std::size_t i = 0; i < limits::contexts_max + 100; ++i) {
      batch.begin_context("1", "g" + std::to_string(i), "s").serial = ++serial;
      batch.add_message("a");
    }
    ASSERT_TRUE(classify.process(*batch));
    for (std::size_t i = 0; i < batch->events.size(); ++i)
      ASSERT_EQ(batch->events[i].rule, i % 2 == 1 ? 0 : 1) << i;
  }
}

TEST(Classify, stages_that_share_rules_do_not_disturb_each_other) {
  Config config;
  config.rules = {rule(R"(a\sb)"), rule("c")};
  std::vector<ConfigProblem> problems;
  const auto compiled = CompiledRules::compile(config, nullptr, problems);
  Classify one(compiled);
  Classify other(compiled);
  EXPECT_EQ(rules_of(one, {"a b"}), (Rules{0}));
  EXPECT_EQ(rules_of(other, {"c", "a b"}), (Rules{1, 0}));
  Classify moved = std::move(one);
  EXPECT_EQ(rules_of(moved, {"c", "a\nb"}), (Rules{1, 0}));
}

TEST(Classify, a_long_message_among_short_ones_is_searched_to_its_end) {
  Classify classify = classifier({rule("needle"), rule(R"(\d{6}-\d{6})")});
  std::string hay(1 << 20, '.');
  for (std::size_t i = 0; i < hay.size(); i += 100) hay[i] = '\n';
  EXPECT_EQ(rules_of(classify, {"x", hay + "needle", hay + "123456-123456", hay, "needle"}),
            (Rules{no_rule, 0, 1, no_rule, 0}));
}

}  // namespace
}  // namespace hecate
