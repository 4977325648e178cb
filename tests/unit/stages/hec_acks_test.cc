// Acknowledgements: only "true", said once for the right number, settles anything.
#include "stages/hec_acks.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "stages/hec_sink.h"
#include "tests/support/hec_sink_fixture.h"

namespace hecate {
namespace {

using std::chrono::seconds;

struct AckFixture : HecSinkFixture {
  explicit AckFixture(std::size_t connections = 1) : HecSinkFixture(connections) {
    options.hec.ack = true;
    hec.acks = true;
  }
  FakeHec hec;
};

bool is_poll(const HttpRequest& request) {
  return request.url.ends_with("/services/collector/ack");
}

TEST(HecAcks, requests_are_settled_when_confirmed_over_one_channel_per_connection) {
  AckFixture f(3);
  f.start({&f.hec});
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(f.submit(numbered_events(4, std::to_string(i) + "-")));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(f.hec.events().size(), 240U);
  EXPECT_EQ(f.settled(), 240U);
  EXPECT_LE(f.hec.channels().size(), 3U);
  EXPECT_EQ(f.metrics.requests, 60U);  // queries for acknowledgements are not requests
  f.metrics.check_conserved();
}

TEST(HecAcks, nothing_is_settled_before_it_is_confirmed) {
  AckFixture f;
  f.hec.index_at_once(false);
  std::atomic<int> posts{0};
  std::atomic<int> polls{0};
  f.hec.before = [&](const HttpRequest& request, int) -> std::optional<Result<HttpAnswer>> {
    if (!is_poll(request)) ++posts;
    if (!is_poll(request) || posts < 2) return std::nullopt;  // both requests wait from here on
    if (polls < 5) {
      EXPECT_EQ(f.settled(), 0U);
    }
    if (++polls >= 5) f.hec.index_all();
    return std::nullopt;
  };
  f.start({&f.hec});
  ASSERT_TRUE(f.submit(numbered_events(4, "a")));
  ASSERT_TRUE(f.submit(numbered_events(4, "b")));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_GE(polls, 5);
  EXPECT_EQ(f.hec.events().size(), 8U);
  EXPECT_EQ(f.settled(), 8U);
}

TEST(HecAcks, what_is_not_confirmed_in_time_is_sent_again) {
  AckFixture f;
  f.hec.index_at_once(false);
  f.hec.before = [&](const HttpRequest& request, int post) -> std::optional<Result<HttpAnswer>> {
    if (!is_poll(request) && post == 1) f.hec.index_at_once(true);
    return std::nullopt;
  };
  const auto begin = f.clock.now();
  f.start({&f.hec});
  ASSERT_TRUE(f.submit(numbered_events(4)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_GE(f.clock.now() - begin, HecChannel::ack_timeout);
  EXPECT_EQ(f.hec.events().size(), 8U);
  EXPECT_EQ(f.settled(), 4U);
}

TEST(HecAcks, a_confirmation_lost_on_its_way_is_sent_again_sooner) {
  AckFixture f;
  std::atomic<int> polls{0};
  f.hec.after = [&](HttpAnswer answer, int post) -> Result<HttpAnswer> {
    if (post < 0 && polls++ == 0) return fail(Errc::transient, "cut");
    return answer;
  };
  const auto begin = f.clock.now();
  f.start({&f.hec});
  ASSERT_TRUE(f.submit(numbered_events(4)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_LT(f.clock.now() - begin, HecChannel::ack_timeout);
  EXPECT_EQ(f.hec.events().size(), 8U);
  EXPECT_EQ(f.settled(), 4U);
}

TEST(HecAcks, a_receiver_that_never_confirms_ends_the_run_with_nothing_settled) {
  AckFixture f;
  f.options.hec.retry.attempts = 3;
  f.hec.index_at_once(false);
  f.start({&f.hec});
  ASSERT_TRUE(f.submit(numbered_events(4)));
  const Status drained = f.sink->drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, Errc::transient);
  EXPECT_EQ(f.settled(), 0U);
  EXPECT_EQ(f.hec.posts(), 3);
  EXPECT_TRUE(f.dead_events().empty());
}

TEST(HecAcks, a_restarted_receiver_confirms_nothing_of_the_time_before) {
  AckFixture f;
  f.hec.index_at_once(false);
  f.hec.before = [&](const HttpRequest& request, int post) -> std::optional<Result<HttpAnswer>> {
    if (is_poll(request)) return std::nullopt;
    if (post == 3) {
      f.hec.restart();  // numbers start at zero again, on the same channel
      f.hec.index_at_once(true);
    }
    return std::nullopt;
  };
  f.start({&f.hec});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(f.submit(numbered_events(2, std::to_string(i) + "-")));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(f.settled(), 12U);
  EXPECT_EQ(f.hec.event_counts().size(), 12U);
  // Those before the restart, and the one that gave it away, went twice.
  EXPECT_EQ(f.hec.events().size(), 12U + 8U);
}

TEST(HecAcks, a_query_refused_for_good_never_means_delivered) {
  const std::vector<std::tuple<int, std::string, Errc>> rows = {
      {400, R"({"text":"ACK is disabled","code":14})", Errc::denied},
      {404, "", Errc::denied},
      {401, R"({"text":"Invalid authorization","code":3})", Errc::auth},
  };
  for (const auto& [status, body, code] : rows) {
    AckFixture f;
    f.hec.before = [&, s = status, b = body](const HttpRequest& request,
                                             int) -> std::optional<Result<HttpAnswer>> {
      if (is_poll(request)) return Result<HttpAnswer>(answer_of(s, b));
      return std::nullopt;
    };
    f.start({&f.hec});
    (void)f.submit(numbered_events(4));
    const Status drained = f.sink->drain();
    ASSERT_FALSE(drained);
    EXPECT_EQ(drained.error().code, code);
    EXPECT_EQ(f.settled(), 0U);
  }
}

TEST(HecAcks, queries_that_fail_for_a_while_are_repeated) {
  AckFixture f;
  std::atomic<int> polls{0};
  f.hec.before = [&](const HttpRequest& request, int) -> std::optional<Result<HttpAnswer>> {
    if (!is_poll(request)) return std::nullopt;
    switch (polls++) {
      case 0:
        return Result<HttpAnswer>(answer_of(503, ""));
      case 1:
        return Result<HttpAnswer>(answer_of(200, "<html>"));
      case 2:
        return Result<HttpAnswer>(fail(Errc::transient, "refused"));
      default:
        return std::nullopt;
    }
  };
  f.start({&f.hec});
  ASSERT_TRUE(f.submit(numbered_events(4)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(f.hec.events().size(), 4U);
  EXPECT_EQ(f.settled(), 4U);
}

TEST(HecAcks, a_token_without_acknowledgements_is_noticed_at_the_first_answer) {
  AckFixture f;
  f.hec.acks = false;
  f.start({&f.hec});
  (void)f.submit(numbered_events(4));
  const Status drained = f.sink->drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, Errc::denied);
  EXPECT_NE(drained.error().message.find("hec.ack: false"), std::string::npos);
  EXPECT_EQ(f.hec.posts(), 1);
}

TEST(HecAcks, a_number_missing_once_is_a_glitch) {
  AckFixture f;
  f.hec.after = [&](HttpAnswer answer, int post) -> Result<HttpAnswer> {
    return post == 1 ? answer_of(200, R"({"text":"Success","code":0})") : answer;
  };
  f.start({&f.hec});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(f.submit(numbered_events(4, std::to_string(i) + "-")));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(f.settled(), 12U);
  EXPECT_EQ(f.hec.events().size(), 16U);
}

TEST(HecAcks, refused_events_are_isolated_and_the_head_is_confirmed_too) {
  AckFixture f;
  f.hec.keeps_head = false;
  f.start({&f.hec});
  std::vector<std::string> events = numbered_events(20);
  events[13] = R"({"event":"poison"})";
  ASSERT_TRUE(f.submit(events));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(f.hec.events().size(), 19U);
  EXPECT_EQ(f.dead_events(), std::vector<std::string>{events[13]});
  EXPECT_EQ(f.settled(), 20U);
  f.metrics.check_conserved();
}

TEST(HecAcks, a_stop_waits_for_confirmations_only_so_long) {
  AckFixture f;
  f.hec.index_at_once(false);
  f.hec.before = [&](const HttpRequest& request, int) -> std::optional<Result<HttpAnswer>> {
    if (is_poll(request)) f.stopped = true;
    return std::nullopt;
  };
  const auto begin = f.clock.now();
  f.start({&f.hec});
  ASSERT_TRUE(f.submit(numbered_events(4)));
  const Status drained = f.sink->drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, Errc::interrupted);
  EXPECT_LE(f.clock.now() - begin, limits::drain_timeout + seconds(10));
  EXPECT_EQ(f.settled(), 0U);
}

TEST(HecAcks, whatever_happens_every_event_arrives_and_is_settled_once) {
  const std::uint64_t first_seed = test_seed(500);
  for (std::uint64_t seed = first_seed; seed < first_seed + 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    AckFixture f(1 + random.below(3));
    f.options.hec.retry.attempts = 1000;
    f.options.hec.retry.budget = seconds(1'000'000'000);
    SeededRandom faults(seed + 1);  // `random` belongs to this thread
    std::mutex fault_mutex;
    const std::uint64_t fault_rate = random.below(40);
    const auto strikes = [&] {
      const std::scoped_lock lock(fault_mutex);
      return faults.below(100) < fault_rate ? faults.below(5) : 99;
    };
    f.hec.before = [&](const HttpRequest&, int) -> std::optional<Result<HttpAnswer>> {
      switch (strikes()) {
        case 0:
          return Result<HttpAnswer>(fail(Errc::transient, "refused"));
        case 1:
          return Result<HttpAnswer>(answer_of(503, ""));
        case 2:
          f.hec.index_at_once(false);
          return std::nullopt;
        case 3:
          f.hec.restart();
          return std::nullopt;
        default:
          f.hec.index_at_once(true);
          return std::nullopt;
      }
    };
    f.hec.after = [&](HttpAnswer answer, int) -> Result<HttpAnswer> {
      if (strikes() < 2) return fail(Errc::transient, "cut");
      return answer;
    };
    f.start({&f.hec});
    std::set<std::string> sent;
    for (int i = 0; i < 25; ++i) {
      const std::vector<std::string> events =
          numbered_events(1 + random.below(10), std::to_string(i) + "-");
      sent.insert(events.begin(), events.end());
      ASSERT_TRUE(f.submit(events));
    }
    const Status drained = f.sink->drain();
    ASSERT_TRUE(drained) << drained.error().message;
    const std::vector<std::string> events = f.hec.events();
    EXPECT_EQ(std::set<std::string>(events.begin(), events.end()), sent);
    EXPECT_EQ(f.settled(), f.next_record);
    f.metrics.check_conserved();
  }
}

}  // namespace
}  // namespace hecate
