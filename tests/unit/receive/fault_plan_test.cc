// Rehearsed faults as data: which request a rule strikes, what the client is then told, and what a
// plan with mistakes in it is answered.
#include "receive/fault_plan.h"

#include <gtest/gtest.h>

namespace hecate::receive {
namespace {

constexpr std::string_view event_path = "/services/collector/event";
constexpr std::string_view ack_path = "/services/collector/ack";

FaultPlan plan_of(const std::string& yaml) {
  Result<FaultPlan> plan = FaultPlan::parse(yaml, "plan.yaml");
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message);
  return plan ? std::move(*plan) : FaultPlan();
}

// Which of the first `count` requests are struck, counting from 1.
std::vector<int> struck(FaultPlan& plan, int count, std::string_view path = event_path) {
  std::vector<int> numbers;
  for (int n = 1; n <= count; ++n)
    if (plan.strike(path) != nullptr) numbers.push_back(n);
  return numbers;
}

TEST(FaultPlan, strikes_by_number_range_and_period) {
  FaultPlan one = plan_of("rules: [{requests: 3, status: 503}]");
  EXPECT_EQ(struck(one, 6), (std::vector{3}));
  FaultPlan range = plan_of("rules: [{requests: 2-4, status: 503}]");
  EXPECT_EQ(struck(range, 6), (std::vector{2, 3, 4}));
  FaultPlan open = plan_of("rules: [{requests: 4-, times: 2, status: 503}]");
  EXPECT_EQ(struck(open, 9), (std::vector{4, 5}));
  FaultPlan every = plan_of("rules: [{requests: 3-7, every: 2, status: 503}]");
  EXPECT_EQ(struck(every, 9), (std::vector{4, 6}));
  FaultPlan always = plan_of("rules: [{refuse_token: true}]");
  EXPECT_EQ(struck(always, 3), (std::vector{1, 2, 3}));
}

TEST(FaultPlan, counts_only_the_requests_on_its_path) {
  FaultPlan plan =
      plan_of("rules: [{requests: 2, status: 503}, {path: ack, every: 1, status: 500}]");
  EXPECT_EQ(plan.strike(event_path), nullptr);
  EXPECT_NE(plan.strike(ack_path), nullptr);
  EXPECT_EQ(plan.strike("/services/collector/health"), nullptr);
  EXPECT_NE(plan.strike("/services/collector/raw"), nullptr);
  FaultPlan exact = plan_of("rules: [{path: /services/collector, status: 503}]");
  EXPECT_EQ(struck(exact, 2), std::vector<int>());
  EXPECT_EQ(struck(exact, 1, "/services/collector"), (std::vector{1}));
  FaultPlan any = plan_of("rules: [{path: any, status: 503}]");
  EXPECT_NE(any.strike("/elsewhere"), nullptr);
}

TEST(FaultPlan, repeats_its_dice_for_the_same_seed_only) {
  const std::string rule = "rules: [{probability: 0.3, status: 503}]";
  FaultPlan first = plan_of("seed: 1\n" + rule);
  FaultPlan again = plan_of("seed: 1\n" + rule);
  FaultPlan other = plan_of("seed: 2\n" + rule);
  const std::vector<int> hits = struck(first, 1000);
  EXPECT_EQ(hits, struck(again, 1000));
  EXPECT_NE(hits, struck(other, 1000));
  EXPECT_NEAR(static_cast<double>(hits.size()), 300, 60);
}

TEST(FaultPlan, lets_the_first_rule_win_and_counts_all) {
  FaultPlan plan = plan_of("rules: [{name: a, every: 2, status: 503}, {name: b, code: 9}]");
  EXPECT_EQ(plan.strike(event_path)->code, 9);
  EXPECT_EQ(plan.strike(event_path)->status, 503);
  EXPECT_EQ(plan.strike(event_path)->code, 9);
  const std::vector<FaultPlan::Count> counts = plan.counts();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[0].name, "a");
  EXPECT_EQ(counts[0].seen, 3u);
  EXPECT_EQ(counts[0].fired, 1u);
  EXPECT_EQ(counts[1].fired, 2u);
}

TEST(FaultPlan, keeps_events_unless_the_answer_is_replaced_or_the_connection_reset) {
  const auto keeps = [](const std::string& rule) {
    return plan_of("rules: [{" + rule + "}]").strike(event_path)->keep;
  };
  EXPECT_TRUE(keeps("delay_ms: 5"));
  EXPECT_TRUE(keeps("cut_body: 5"));
  EXPECT_TRUE(keeps("body: empty"));
  EXPECT_TRUE(keeps("lost_ack: true"));
  EXPECT_FALSE(keeps("body: empty, keep: false"));
  EXPECT_FALSE(keeps("status: 503"));
  EXPECT_FALSE(keeps("refuse_token: true"));
  EXPECT_FALSE(keeps("reset: after_body"));
  EXPECT_TRUE(keeps("reset: after_body, keep: true"));
}

TEST(FaultPlan, spells_the_answers_it_invents) {
  const auto says = [](const std::string& rule) {
    FaultPlan plan = plan_of("rules: [{" + rule + "}]");
    return plan.strike(event_path)->apply(hec_answer(0));
  };
  HecAnswer busy = says("status: 503, code: 9, number: 4, retry_after: 2");
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.body, R"({"text":"Server is busy","code":9,"invalid-event-number":4})");
  ASSERT_EQ(busy.headers.size(), 1u);
  EXPECT_EQ(busy.headers[0].second, "2");
  EXPECT_EQ(says("status: 503").code, 9);
  EXPECT_EQ(says("code: 26").status, 429);
  EXPECT_EQ(says("status: 400, code: 6, number: 0").body,
            R"({"text":"Invalid data format","code":6,"invalid-event-number":0})");
  EXPECT_EQ(says("refuse_token: true").body, R"({"text":"Invalid token","code":4})");
  EXPECT_EQ(says("refuse_token: true, code: 1").body, R"({"text":"Token disabled","code":1})");
  EXPECT_EQ(says("status: 502").content_type, "text/html; charset=UTF-8");
  EXPECT_EQ(says("status: 503, body: html").content_type, "text/html; charset=UTF-8");
  EXPECT_EQ(says("body: html").status, 200);
  EXPECT_EQ(says("body: empty").body, "");
  EXPECT_EQ(says("body: empty").status, 200);
  EXPECT_EQ(says("delay_ms: 1").body, R"({"text":"Success","code":0})");
}

TEST(FaultPlan, names_every_mistake_with_its_place) {
  const Result<FaultPlan> plan = FaultPlan::parse(
      "seed: x\n"
      "rules:\n"
      "  - {name: a, statsu: 503}\n"
      "  - name: b\n"
      "    requests: 5-2\n"
      "    status: 99\n"
      "extra: 1\n",
      "plan.yaml");
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().code, Errc::usage);
  const std::string& message = plan.error().message;
  EXPECT_NE(message.find("plan.yaml:1:7: 'seed'"), std::string::npos) << message;
  EXPECT_NE(message.find("plan.yaml:3:15: unknown key 'statsu'"), std::string::npos) << message;
  EXPECT_NE(message.find("plan.yaml:5:15: 'requests'"), std::string::npos) << message;
  EXPECT_NE(message.find("plan.yaml:6:13: 'status'"), std::string::npos) << message;
  EXPECT_NE(message.find("plan.yaml:7:1: unknown key 'extra'"), std::string::npos) << message;
}

TEST(FaultPlan, refuses_rules_that_make_no_sense) {
  for (const char* yaml :
       {"rules: [{}]", "rules: [{keep: true}]", "rules: [{number: 1, delay_ms: 1}]",
        "rules: [{reset: after_body, status: 503}]", "rules: [{reset: before_body, keep: true}]",
        "rules: [{reset: sometimes}]", "rules: [{path: acks, status: 503}]", "rules: [1]",
        "rules: 1", "[]", "", "rules: [{delay_ms: -1}]", "rules: [{probability: 2, status: 503}]",
        "rules: [{requests: 0, status: 503}]", "rules: [{every: 0, status: 503}]",
        "rules: [{code: 28}]", "rules: [", "rules: [{retry_after: \"1\\r\\nX: y\", status: 503}]"})
    EXPECT_FALSE(FaultPlan::parse(yaml, "plan.yaml").has_value()) << yaml;
}

TEST(FaultPlan, says_which_file_cannot_be_read) {
  const Result<FaultPlan> plan = FaultPlan::load("/nonexistent/plan.yaml");
  ASSERT_FALSE(plan.has_value());
  EXPECT_NE(plan.error().message.find("/nonexistent/plan.yaml"), std::string::npos);
}

}  // namespace
}  // namespace hecate::receive
