// Waiting, giving up, resting endpoints: with a clock that only moves when told to.
#include "stages/retry.h"

#include <gtest/gtest.h>

#include "stages/endpoint_health.h"
#include "stages/rate_limit.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Always the largest number allowed.
class LargestRandom : public Random {
 public:
  std::uint64_t below(std::uint64_t bound) override { return bound - 1; }
};

RetryConfig config_of(int attempts, seconds budget = seconds(600)) {
  RetryConfig config;
  config.attempts = attempts;
  config.base = milliseconds(200);
  config.cap = milliseconds(30'000);
  config.budget = budget;
  return config;
}

TEST(RetryPolicy, the_bound_of_the_wait_doubles_up_to_the_cap) {
  ManualClock clock;
  LargestRandom random;
  RetryPolicy policy(config_of(100), clock, random);
  RetryPolicy::Tries tries;
  for (const int expected : {200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000}) {
    EXPECT_EQ(policy.after_failure(tries), milliseconds(expected));
  }
}

TEST(RetryPolicy, jitter_is_full_and_spread_evenly) {
  const std::uint64_t seed = test_seed(7);
  SCOPED_TRACE("seed " + std::to_string(seed));
  ManualClock clock;
  SeededRandom random(seed);
  RetryPolicy policy(config_of(100), clock, random);
  std::int64_t sum = 0;
  int below_a_tenth = 0;
  for (int i = 0; i < 4000; ++i) {
    RetryPolicy::Tries tries;
    (void)policy.after_failure(tries);
    (void)policy.after_failure(tries);
    const std::optional<milliseconds> wait = policy.after_failure(tries);
    ASSERT_TRUE(wait && *wait >= milliseconds(0) && *wait <= milliseconds(800));
    sum += wait->count();
    below_a_tenth += wait->count() < 80 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(sum) / 4000, 400, 20);
  EXPECT_NEAR(below_a_tenth, 400, 100);
}

TEST(RetryPolicy, gives_up_after_so_many_attempts) {
  ManualClock clock;
  LargestRandom random;
  RetryPolicy policy(config_of(3), clock, random);
  RetryPolicy::Tries tries;
  EXPECT_TRUE(policy.after_failure(tries));
  EXPECT_TRUE(policy.after_failure(tries));
  EXPECT_FALSE(policy.after_failure(tries));
}

TEST(RetryPolicy, gives_up_when_the_wait_would_end_after_the_budget) {
  ManualClock clock;
  LargestRandom random;
  RetryPolicy policy(config_of(1000, seconds(10)), clock, random);
  RetryPolicy::Tries tries;
  EXPECT_TRUE(policy.after_failure(tries));
  clock.advance(milliseconds(9'500));
  EXPECT_TRUE(policy.after_failure(tries));   // + 400 ms
  EXPECT_FALSE(policy.after_failure(tries));  // + 800 ms
}

TEST(RetryPolicy, never_comes_back_before_it_was_asked_to) {
  ManualClock clock;
  SeededRandom random(3);
  RetryPolicy policy(config_of(1000), clock, random);
  for (int i = 0; i < 200; ++i) {
    RetryPolicy::Tries tries;
    const std::optional<milliseconds> wait = policy.after_failure(tries, seconds(7));
    ASSERT_TRUE(wait);
    EXPECT_GE(*wait, seconds(7));
    EXPECT_LE(*wait, seconds(7) + milliseconds(200));
  }
}

struct HealthFixture {
  explicit HealthFixture(std::size_t endpoints) : health(endpoints, policy, clock) {}
  ManualClock clock;
  LargestRandom random;
  RetryPolicy policy{config_of(1000), clock, random};
  EndpointHealth health;

  void fail_until_rest(std::size_t endpoint) {
    for (int i = 0; i < EndpointHealth::failures_before_rest; ++i) health.failed(endpoint, {});
  }
};

TEST(EndpointHealth, an_endpoint_that_keeps_failing_rests_and_is_probed_by_one) {
  HealthFixture f(1);
  f.fail_until_rest(0);
  const EndpointHealth::Choice resting = f.health.choose(0, {});
  EXPECT_FALSE(resting.endpoint);
  EXPECT_GT(resting.wait, milliseconds(0));
  f.clock.advance(resting.wait);
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 0U);  // the probe
  const EndpointHealth::Choice other = f.health.choose(0, {});
  EXPECT_FALSE(other.endpoint);
  EXPECT_EQ(other.wait, milliseconds(0));  // until the probe has ended
  EXPECT_EQ(f.health.failed_rounds(), 0U);
  f.health.failed(0, {});
  EXPECT_EQ(f.health.failed_rounds(), 1U);
  EXPECT_FALSE(f.health.choose(0, {}).endpoint);
  f.clock.advance(seconds(60));
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 0U);
  f.health.succeeded(0);
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 0U);
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 0U);
}

TEST(EndpointHealth, rests_grow_with_failed_probes_but_not_with_stragglers) {
  HealthFixture f(1);
  f.fail_until_rest(0);
  for (int i = 0; i < 20; ++i) f.health.failed(0, {});  // posts that were under way
  const milliseconds first = f.health.choose(0, {}).wait;
  EXPECT_LE(first, milliseconds(201));
  f.clock.advance(first);
  ASSERT_TRUE(f.health.choose(0, {}).endpoint);
  f.health.failed(0, {});
  const milliseconds second = f.health.choose(0, {}).wait;
  EXPECT_GT(second, first);
  EXPECT_LE(second, milliseconds(401));
}

TEST(EndpointHealth, another_endpoint_takes_over_and_home_is_found_again) {
  HealthFixture f(2);
  f.fail_until_rest(0);
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 1U);
  EXPECT_TRUE(f.health.another_is_well(0));
  f.clock.advance(seconds(60));
  EXPECT_EQ(f.health.choose(0, 1).endpoint, 0U);  // a repetition has no better choice
  f.health.failed(0, {});
  f.clock.advance(seconds(60));
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 0U);  // probed with fresh events
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 1U);
  f.health.succeeded(0);
  EXPECT_EQ(f.health.choose(0, {}).endpoint, 0U);
}

TEST(EndpointHealth, who_just_failed_is_the_last_choice) {
  HealthFixture f(2);
  f.health.failed(0, {});
  EXPECT_EQ(f.health.choose(0, 0).endpoint, 1U);
  f.health.failed(1, {});
  EXPECT_EQ(f.health.choose(0, 1).endpoint, 0U);
  EXPECT_FALSE(f.health.another_is_well(0));
}

TEST(EndpointHealth, a_pause_that_was_asked_for_holds_for_all) {
  HealthFixture f(1);
  f.health.failed(0, seconds(30));
  EXPECT_GE(f.health.choose(0, {}).wait, seconds(30));
  f.clock.advance(seconds(29));
  EXPECT_FALSE(f.health.choose(0, {}).endpoint);
  f.clock.advance(seconds(1));
  EXPECT_TRUE(f.health.choose(0, {}).endpoint);
}

TEST(EndpointHealth, repetitions_have_a_quota_that_first_posts_do_not_use) {
  HealthFixture f(1);
  int repetitions = 0;
  while (f.health.choose(0, 0).endpoint) ++repetitions;
  EXPECT_EQ(repetitions, static_cast<int>(EndpointHealth::quota_max));
  EXPECT_TRUE(f.health.choose(0, {}).endpoint);
  const milliseconds wait = f.health.choose(0, 0).wait;
  EXPECT_GT(wait, milliseconds(0));
  f.clock.advance(wait);
  EXPECT_TRUE(f.health.choose(0, 0).endpoint);
  EXPECT_FALSE(f.health.choose(0, 0).endpoint);
  f.health.succeeded(0);  // earns one
  EXPECT_TRUE(f.health.choose(0, 0).endpoint);
}

TEST(RateLimit, holds_the_average_and_lets_a_large_body_pass_at_once) {
  ManualClock clock;
  RateLimit limit(1000, clock);
  EXPECT_EQ(limit.take(1000), milliseconds(0));
  std::int64_t sent = 1000;
  const auto begin = clock.now();
  for (int i = 0; i < 100; ++i) {
    clock.advance(limit.take(700));
    sent += 700;
  }
  const double elapsed = std::chrono::duration<double>(clock.now() - begin).count();
  EXPECT_NEAR(static_cast<double>(sent) / elapsed, 1000, 30);
  EXPECT_EQ(RateLimit(0, clock).take(1'000'000'000), milliseconds(0));
}

}  // namespace
}  // namespace hecate
