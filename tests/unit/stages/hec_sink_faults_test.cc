// Outages, stops and broken answers: what was not proved stays unsettled, what was is settled once.
#include <algorithm>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "stages/hec_sink.h"
#include "tests/support/hec_sink_fixture.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<Result<HttpAnswer>> broken() {
  return Result<HttpAnswer>(fail(Errc::transient, "the connection broke"));
}

TEST(HecSink, a_short_outage_is_waited_for) {
  HecSinkFixture f;
  FakeHec hec;
  hec.before = [](const HttpRequest&, int post) -> std::optional<Result<HttpAnswer>> {
    if (post < 3) return broken();
    if (post < 5) return Result<HttpAnswer>(answer_of(503, R"({"code":9})"));
    return std::nullopt;
  };
  f.start({&hec});
  ASSERT_TRUE(f.submit(numbered_events(4)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.events(), numbered_events(4));
  EXPECT_EQ(f.metrics.requests, 6U);
  EXPECT_EQ(f.metrics.retries, 5U);
}

TEST(HecSink, a_long_outage_ends_the_run_with_everything_unsettled) {
  for (const std::size_t connections : std::initializer_list<std::size_t>{1, 8}) {
    HecSinkFixture f(connections);
    f.options.hec.retry.attempts = 20;
    FakeHec hec;
    hec.before = [](const HttpRequest&, int) {
      std::this_thread::sleep_for(milliseconds(2));  // so that others get to wait
      return broken();
    };
    f.start({&hec});
    for (int i = 0; i < 10; ++i) (void)f.submit(numbered_events(4));
    const Status drained = f.sink->drain();
    ASSERT_FALSE(drained);
    EXPECT_EQ(drained.error().code, Errc::transient);
    EXPECT_NE(drained.error().message.find("run the same command again"), std::string::npos);
    EXPECT_EQ(f.settled(), 0U);
    EXPECT_TRUE(f.dead_events().empty());
    // Who waits while others probe comes to its end as well: connections do not add up.
    EXPECT_LE(hec.posts(), connections == 1 ? 20 : 35);
    EXPECT_EQ(f.submit(numbered_events(1)).error().code, Errc::transient);
    for (int i = 0; i < 64; ++i) EXPECT_NE(f.pool.take(), nullptr);  // all are back
  }
}

TEST(HecSink, an_answer_that_proves_nothing_is_no_success) {
  const std::vector<std::pair<int, std::string>> answers = {{200, ""},
                                                            {200, "<html>welcome</html>"},
                                                            {200, R"({"code":9})"},
                                                            {200, "{\"code\":"},
                                                            {204, ""},
                                                            {400, "Bad Request"},
                                                            {500, ""},
                                                            {200, "null"},
                                                            {400, R"({"code":5})"}};
  for (const auto& [status, body] : answers) {
    HecSinkFixture f;
    FakeHec hec;
    // The receiver kept the events; only its answer is damaged.
    hec.after = [&, code = status, text = body](HttpAnswer answer, int post) -> Result<HttpAnswer> {
      return post == 0 ? answer_of(code, text) : answer;
    };
    f.start({&hec});
    ASSERT_TRUE(f.submit(numbered_events(3)));
    ASSERT_TRUE(f.sink->drain());
    EXPECT_EQ(hec.posts(), 2) << status << " " << body;
    for (const auto& [event, count] : hec.event_counts()) EXPECT_EQ(count, 2);
  }
}

TEST(HecSink, comes_back_no_sooner_than_asked) {
  HecSinkFixture f;
  FakeHec hec;
  hec.before = [](const HttpRequest&, int post) -> std::optional<Result<HttpAnswer>> {
    if (post > 0) return std::nullopt;
    HttpAnswer answer = answer_of(429, R"({"code":26})");
    answer.retry_after = "33";
    return Result<HttpAnswer>(answer);
  };
  const auto begin = f.clock.now();
  f.start({&hec});
  ASSERT_TRUE(f.submit(numbered_events(1)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_GE(f.clock.now() - begin, seconds(33));
}

TEST(HecSink, a_wait_that_one_endpoint_asks_for_does_not_end_the_run_while_another_is_well) {
  HecSinkFixture f;
  f.options.hec.endpoints = {"http://127.0.0.1:8088", "http://127.0.0.1:8089"};
  f.options.hec.retry.budget = seconds(20);
  FakeHec busy;
  FakeHec well;
  busy.before = [](const HttpRequest&, int) -> std::optional<Result<HttpAnswer>> {
    HttpAnswer answer = answer_of(503, R"({"code":9})");
    answer.retry_after = "100";
    return Result<HttpAnswer>(answer);
  };
  f.start({&busy, &well});
  const std::vector<std::string> events = numbered_events(5);
  ASSERT_TRUE(f.submit(events));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_GE(busy.posts(), 1);
  EXPECT_EQ(well.event_counts().size(), events.size());
  for (const auto& [event, count] : well.event_counts()) EXPECT_EQ(count, 1) << event;
}

TEST(HecSink, slows_down_when_told_that_queues_are_filling) {
  HecSinkFixture f;
  FakeHec hec;
  hec.after = [](HttpAnswer, int) -> Result<HttpAnswer> {
    return answer_of(200, R"({"text":"filling","code":24})");
  };
  f.start({&hec});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(f.submit(numbered_events(1)));
  ASSERT_TRUE(f.sink->drain());
  f.sink.reset();
  const std::vector<milliseconds> slept = f.clock.slept();
  ASSERT_GE(slept.size(), 9U);
  EXPECT_EQ(slept.front(), milliseconds(100));
  EXPECT_EQ(*std::max_element(slept.begin(), slept.end()), milliseconds(1000));
  EXPECT_EQ(hec.events().size(), 10U);
}

TEST(HecSink, keeps_to_the_rate) {
  HecSinkFixture f;
  f.options.rate_bytes_per_second = 1000;
  FakeHec hec;
  f.start({&hec});
  const auto begin = f.clock.now();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(f.submit({std::string(499, 'x')}));
  ASSERT_TRUE(f.sink->drain());
  const double elapsed = std::chrono::duration<double>(f.clock.now() - begin).count();
  EXPECT_NEAR(elapsed, 9.0, 0.2);  // 10 kB, the first second's worth at once
}

TEST(HecSink, no_request_starts_far_ahead_of_the_oldest_unsettled_one) {
  constexpr std::size_t connections = 3;
  HecSinkFixture f(connections);
  FakeHec hec;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  hec.before = [&](const HttpRequest& request, int) -> std::optional<Result<HttpAnswer>> {
    if (request.body.find("\"a0\"") != std::string_view::npos) released.wait();
    return std::nullopt;
  };
  f.start({&hec});
  ASSERT_TRUE(f.submit(numbered_events(1, "a")));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(f.submit(numbered_events(1, "b")));
  std::vector<std::thread> submitters;
  for (int i = 0; i < 3; ++i) {
    std::unique_ptr<Request> request = f.request_of(numbered_events(1, "c"));
    submitters.emplace_back(
        [&f, r = std::move(request)]() mutable { EXPECT_TRUE(f.sink->submit(std::move(r))); });
  }
  std::this_thread::sleep_for(milliseconds(150));
  EXPECT_EQ(hec.events().size(), 2U);  // the two within the window; the rest waits
  release.set_value();
  for (std::thread& thread : submitters) thread.join();
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.events().size(), 6U);
}

TEST(HecSink, a_stop_ends_waits_at_once_and_leaves_the_rest_unsettled) {
  HecSinkFixture f(2);
  f.options.hec.retry.attempts = 1000;
  f.options.hec.retry.budget = seconds(1'000'000'000);
  FakeHec hec;
  hec.before = [&](const HttpRequest&, int post) -> std::optional<Result<HttpAnswer>> {
    if (post == 7) f.stopped = true;
    return broken();
  };
  f.start({&hec});
  (void)f.submit(numbered_events(2));
  (void)f.submit(numbered_events(2));
  const Status drained = f.sink->drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, Errc::interrupted);
  EXPECT_LE(hec.posts(), 10);
  EXPECT_EQ(f.submit(numbered_events(1)).error().code, Errc::interrupted);
  EXPECT_EQ(f.settled(), 0U);
}

TEST(HecSink, a_stop_holds_even_when_it_is_taken_back) {
  HecSinkFixture f;
  FakeHec hec;
  f.start({&hec});
  f.stopped = true;
  EXPECT_EQ(f.submit(numbered_events(1)).error().code, Errc::interrupted);
  f.stopped = false;
  EXPECT_EQ(f.submit(numbered_events(1)).error().code, Errc::interrupted);
  EXPECT_EQ(hec.posts(), 0);
}

TEST(HecSink, a_post_under_way_when_the_stop_comes_is_settled) {
  HecSinkFixture f;
  FakeHec hec;
  hec.before = [&](const HttpRequest&, int) -> std::optional<Result<HttpAnswer>> {
    f.stopped = true;
    return std::nullopt;
  };
  f.start({&hec});
  ASSERT_TRUE(f.submit(numbered_events(3)));
  EXPECT_TRUE(f.sink->drain());
  EXPECT_EQ(f.settled(), 3U);
}

TEST(HecSink, is_destroyed_without_a_drain_in_the_middle_of_an_outage) {
  HecSinkFixture f(3);
  f.options.hec.retry.attempts = 1000;
  f.options.hec.retry.budget = seconds(1'000'000'000);
  FakeHec hec;
  hec.before = [](const HttpRequest&, int) { return broken(); };
  f.start({&hec});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(f.submit(numbered_events(2)));
  f.sink.reset();
  EXPECT_EQ(f.settled(), 0U);
  for (int i = 0; i < 64; ++i) EXPECT_NE(f.pool.take(), nullptr);
}

TEST(HecSink, stops_when_the_dead_letters_cannot_be_written) {
  HecSinkFixture f;
  f.dead_letters.failing = true;
  FakeHec hec;
  f.start({&hec});
  (void)f.submit({R"({"event":"a"})", R"({"event":"poison"})", R"({"event":"b"})"});
  const Status drained = f.sink->drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, Errc::storage);
  EXPECT_EQ(f.settled(), 0U);
  EXPECT_EQ(hec.posts(), 1);
}

TEST(HecSink, stops_when_progress_cannot_be_saved) {
  HecSinkFixture f;
  FakeHec hec;
  f.start({&hec});
  f.store.failing = true;
  (void)f.submit(numbered_events(2));
  const Status drained = f.sink->drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, Errc::storage);
  EXPECT_EQ(f.submit(numbered_events(2)).error().code, Errc::storage);
}

TEST(HecSink, says_the_same_thing_once_per_interval) {
  HecSinkFixture f;
  f.options.hec.retry.base = milliseconds(1);
  f.options.hec.retry.cap = milliseconds(10);
  f.options.hec.retry.attempts = 100;
  FakeHec hec;
  hec.before = [](const HttpRequest&, int post) -> std::optional<Result<HttpAnswer>> {
    return post < 90 ? broken() : std::nullopt;
  };
  f.start({&hec});
  ASSERT_TRUE(f.submit(numbered_events(1)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_LE(f.notices.size(), 2U);
  EXPECT_FALSE(f.notices.empty());
}

/// Any mix of faults on the way there and back: nothing is lost, nothing is settled twice (the
/// ledger checks that), only poison dies.
TEST(HecSink, whatever_happens_every_event_arrives_or_is_dead_lettered) {
  const std::uint64_t first_seed = test_seed(100);
  for (std::uint64_t seed = first_seed; seed < first_seed + 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    HecSinkFixture f(1 + random.below(4), seed);
    f.options.hec.endpoints = {"http://127.0.0.1:8088", "http://127.0.0.1:8089"};
    f.options.hec.retry.attempts = 1000;
    f.options.hec.retry.budget = seconds(1'000'000'000);
    f.options.hec.on_partial = random.below(2) == 0 ? OnPartial::trust : OnPartial::resend;
    f.tokens = ListedTokens({"old", "good"});
    const std::uint64_t fault_rate = random.below(60);
    FakeHec hecs[2];
    SeededRandom faults(seed + 1);  // `random` belongs to this thread
    std::mutex fault_mutex;
    for (FakeHec& hec : hecs) {
      const auto strikes = [&] {
        const std::scoped_lock lock(fault_mutex);
        return faults.below(100) < fault_rate ? faults.below(4) : 99;
      };
      hec.keeps_head = f.options.hec.on_partial == OnPartial::trust;
      hec.body_bytes_max = 300 + random.below(2000);
      hec.before = [strikes](const HttpRequest&, int) -> std::optional<Result<HttpAnswer>> {
        switch (strikes()) {
          case 0:
            return broken();
          case 1:
            return Result<HttpAnswer>(answer_of(503, R"({"text":"busy","code":9})"));
          default:
            return std::nullopt;
        }
      };
      hec.after = [strikes](HttpAnswer answer, int) -> Result<HttpAnswer> {
        switch (strikes()) {
          case 0:
            return fail(Errc::transient, "cut");
          case 1:
            return answer_of(502, "<html>");
          case 2:
            return answer_of(200, "");
          default:
            return answer;
        }
      };
    }
    f.start({&hecs[0], &hecs[1]});
    std::set<std::string> sent;
    std::set<std::string> bad;
    for (int i = 0; i < 30; ++i) {
      std::vector<std::string> events =
          numbered_events(1 + random.below(40), "r" + std::to_string(i) + "-");
      for (std::string& event : events) {
        if (random.below(25) == 0) {
          event = "{\"event\":\"poison" + std::to_string(random.below(1 << 30)) + "\"}";
          bad.insert(event);
        } else {
          sent.insert(event);
        }
      }
      ASSERT_TRUE(f.submit(events));
    }
    const Status drained = f.sink->drain();
    ASSERT_TRUE(drained) << drained.error().message;
    std::set<std::string> arrived;
    for (FakeHec& hec : hecs) {
      for (const std::string& event : hec.events()) arrived.insert(event);
    }
    EXPECT_EQ(arrived, sent);
    const std::vector<std::string> dead = f.dead_events();
    EXPECT_EQ(std::set<std::string>(dead.begin(), dead.end()), bad);
    EXPECT_EQ(f.settled(), f.next_record);
    f.metrics.check_conserved();
  }
}

}  // namespace
}  // namespace hecate
