// Delivering to a receiver that behaves as Splunk does: refusals, sizes, tokens, several endpoints.
#include "stages/hec_sink.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/hec_sink_fixture.h"

namespace hecate {
namespace {

const std::string poison = R"({"event":"poison"})";

/// Every event once, but those in `dead`.
std::map<std::string, int> once_each(const std::vector<std::string>& events,
                                     const std::vector<std::string>& dead = {}) {
  std::map<std::string, int> counts;
  for (const std::string& event : events) {
    if (std::find(dead.begin(), dead.end(), event) == dead.end()) counts[event] = 1;
  }
  return counts;
}

TEST(HecSink, delivers_every_event_once_and_settles_every_request) {
  HecSinkFixture f(4);
  FakeHec hec;
  f.start({&hec});
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) {
    const std::vector<std::string> events = numbered_events(7, "r" + std::to_string(i) + "-");
    all.insert(all.end(), events.begin(), events.end());
    ASSERT_TRUE(f.submit(events));
  }
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.event_counts(), once_each(all));
  EXPECT_EQ(f.settled(), 350U);
  EXPECT_EQ(f.metrics.requests, 50U);
  EXPECT_EQ(f.metrics.retries, 0U);
  EXPECT_EQ(f.metrics.bytes_posted, hec.body_bytes());
  EXPECT_LE(f.metrics.connections_opened, 4U);
  f.metrics.check_conserved();
}

TEST(HecSink, a_request_without_events_is_settled_and_never_posted) {
  HecSinkFixture f;
  FakeHec hec;
  f.start({&hec});
  std::unique_ptr<Request> request = f.pool.take();
  request->segments.push_back({f.object, 0, 5, 5, 0});
  ASSERT_TRUE(f.sink->submit(std::move(request)));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(f.settled(), 5U);
  EXPECT_EQ(hec.posts(), 0);
}

TEST(HecSink, a_refused_event_costs_only_itself_wherever_it_stands) {
  for (const int code : {6, 7, 12, 13, 15}) {
    for (const std::size_t n : std::initializer_list<std::size_t>{1, 2, 3, 17, 64}) {
      for (std::size_t at = 0; at < n; ++at) {
        HecSinkFixture f;
        FakeHec hec;
        hec.poison_code = code;
        f.start({&hec});
        std::vector<std::string> events = numbered_events(n);
        events[at] = poison;
        ASSERT_TRUE(f.submit(events));
        ASSERT_TRUE(f.sink->drain());
        ASSERT_EQ(hec.event_counts(), once_each(events, {poison})) << code << " " << at;
        ASSERT_EQ(f.dead_events(), std::vector<std::string>{poison});
        const MemoryDeadLetters::Kept kept = f.dead_letters.letters()[0];
        EXPECT_EQ(kept.letter.reason, DeadLetterReason::hec_rejected);
        EXPECT_EQ(kept.letter.hec_code, code);
        EXPECT_EQ(kept.letter.http_status, 400);
        EXPECT_EQ(kept.letter.attempts, 1);
        EXPECT_EQ(kept.letter.record, at);
        EXPECT_EQ(kept.uri, "/archive/object.gz");
        EXPECT_EQ(kept.etag, "v1");
        EXPECT_EQ(f.settled(), n);
        EXPECT_EQ(hec.posts(), at + 1 == n ? 1 : 2);
        f.metrics.check_conserved();
      }
    }
  }
}

TEST(HecSink, with_resend_a_receiver_that_keeps_nothing_still_gets_everything_once) {
  for (std::size_t at = 0; at < 33; ++at) {
    HecSinkFixture f;
    f.options.hec.on_partial = OnPartial::resend;
    FakeHec hec;
    hec.keeps_head = false;
    f.start({&hec});
    std::vector<std::string> events = numbered_events(33);
    events[at] = poison;
    ASSERT_TRUE(f.submit(events));
    ASSERT_TRUE(f.sink->drain());
    ASSERT_EQ(hec.event_counts(), once_each(events, {poison})) << at;
    EXPECT_EQ(f.dead_events(), std::vector<std::string>{poison});
  }
}

TEST(HecSink, without_a_number_the_culprit_is_found_by_halving) {
  for (std::size_t at = 0; at < 40; ++at) {
    HecSinkFixture f;
    FakeHec hec;
    hec.names_culprit = false;
    hec.keeps_head = false;
    f.start({&hec});
    std::vector<std::string> events = numbered_events(40);
    events[at] = poison;
    ASSERT_TRUE(f.submit(events));
    ASSERT_TRUE(f.sink->drain());
    ASSERT_EQ(hec.event_counts(), once_each(events, {poison})) << at;
    EXPECT_EQ(f.dead_events(), std::vector<std::string>{poison});
    EXPECT_LE(hec.posts(), 13);  // two per halving
  }
}

TEST(HecSink, any_number_of_refused_events_is_isolated_without_sending_the_rest_again_and_again) {
  for (const std::size_t n : std::initializer_list<std::size_t>{10, 64, 2000}) {
    for (const std::size_t every : std::initializer_list<std::size_t>{1, 2, 3, 50}) {
      HecSinkFixture f;
      FakeHec hec;
      f.start({&hec});
      std::vector<std::string> events = numbered_events(n);
      std::size_t bytes = 0;
      std::size_t bad = 0;
      for (std::size_t i = 0; i < n; i += every, ++bad) {
        events[i] = "{\"event\":\"poison" + std::to_string(i) + "\"}";
      }
      for (const std::string& event : events) bytes += event.size() + 1;
      ASSERT_TRUE(f.submit(events));
      ASSERT_TRUE(f.sink->drain());
      EXPECT_EQ(f.dead_events().size(), bad);
      EXPECT_EQ(hec.events().size(), n - bad);
      EXPECT_LE(hec.body_bytes(), 16 * bytes) << n << " events, one in " << every << " bad";
    }
  }
}

TEST(HecSink, behind_a_run_of_refused_events_portions_grow_again) {
  HecSinkFixture f;
  FakeHec hec;
  f.start({&hec});
  std::vector<std::string> events = numbered_events(2000);
  for (std::size_t i = 0; i < 100; ++i) events[i] = poison;
  ASSERT_TRUE(f.submit(events));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.events().size(), 1900U);
  EXPECT_LE(hec.posts(), 100 + 10);
}

TEST(HecSink, bodies_that_are_too_large_are_halved_until_they_fit) {
  for (const bool as_cloud : {false, true}) {
    HecSinkFixture f;
    FakeHec hec;
    hec.body_bytes_max = 100'000;
    hec.as_cloud = as_cloud;
    f.start({&hec});
    std::vector<std::string> events = numbered_events(1000);
    for (std::string& event : events) event += std::string(1000, ' ');
    ASSERT_TRUE(f.submit(events));
    ASSERT_TRUE(f.sink->drain());
    EXPECT_EQ(hec.event_counts(), once_each(events));
    EXPECT_EQ(hec.events(), events);  // in order
    EXPECT_TRUE(f.dead_events().empty());
    EXPECT_EQ(f.settled(), 1000U);
  }
}

TEST(HecSink, a_single_event_that_is_too_large_goes_to_the_dead_letters) {
  HecSinkFixture f;
  FakeHec hec;
  hec.body_bytes_max = 200;
  f.start({&hec});
  std::vector<std::string> events = numbered_events(9);
  events[4] = R"({"event":")" + std::string(300, 'x') + "\"}";
  ASSERT_TRUE(f.submit(events));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.event_counts(), once_each(events, {events[4]}));
  ASSERT_EQ(f.dead_events(), std::vector<std::string>{events[4]});
  EXPECT_EQ(f.dead_letters.letters()[0].letter.reason, DeadLetterReason::too_large);
  EXPECT_EQ(f.dead_letters.letters()[0].letter.http_status, 413);
}

TEST(HecSink, a_rotated_token_costs_no_event) {
  HecSinkFixture f(4);
  f.tokens = ListedTokens({"old", "good"});
  FakeHec hec;
  f.start({&hec});
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    const std::vector<std::string> events = numbered_events(5, "r" + std::to_string(i) + "-");
    all.insert(all.end(), events.begin(), events.end());
    ASSERT_TRUE(f.submit(events));
  }
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.event_counts(), once_each(all));
  EXPECT_EQ(f.tokens.fetched_anew, 1);
  EXPECT_TRUE(f.dead_events().empty());
}

TEST(HecSink, a_token_refused_for_good_stops_the_run_and_loses_nothing) {
  for (const std::vector<std::string>& tokens :
       {std::vector<std::string>{"bad"}, std::vector<std::string>{"bad", "worse"}}) {
    HecSinkFixture f(2);
    f.tokens = ListedTokens(tokens);
    FakeHec hec;
    f.start({&hec});
    Status status = f.submit(numbered_events(5));
    const Status drained = f.sink->drain();
    ASSERT_FALSE(drained);
    EXPECT_EQ(drained.error().code, Errc::auth);
    EXPECT_EQ(drained.error().message.find("bad"), std::string::npos);
    EXPECT_NE(drained.error().message.find("code 4 (Invalid token)"), std::string::npos);
    status = f.submit(numbered_events(5));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errc::auth);
    EXPECT_TRUE(hec.events().empty());
    EXPECT_TRUE(f.dead_events().empty());
    EXPECT_EQ(f.settled(), 0U);
    EXPECT_EQ(f.tokens.fetched_anew, 1);
    EXPECT_LE(hec.posts(), 3);
  }
}

TEST(HecSink, a_receiver_without_gzip_gets_plain_bodies_from_then_on) {
  HecSinkFixture f;
  f.options.hec.gzip = GzipMode::on;
  FakeHec hec;
  hec.takes_gzip = false;
  f.start({&hec});
  ASSERT_TRUE(f.submit(numbered_events(5, "a")));
  ASSERT_TRUE(f.submit(numbered_events(5, "b")));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.events().size(), 10U);
  EXPECT_EQ(hec.posts(), 3);
}

TEST(HecSink, compresses_and_counts_what_goes_over_the_wire) {
  HecSinkFixture f;
  f.options.hec.gzip = GzipMode::on;
  FakeHec hec;
  f.start({&hec});
  const std::vector<std::string> events = numbered_events(500);
  ASSERT_TRUE(f.submit(events));
  ASSERT_TRUE(f.sink->drain());
  EXPECT_EQ(hec.events(), events);
  EXPECT_EQ(f.metrics.bytes_posted, hec.body_bytes());
  EXPECT_LT(hec.body_bytes(), 500U * 10);
}

TEST(HecSink, answers_that_no_repetition_changes_hold_the_run_with_advice) {
  const std::vector<std::tuple<int, std::string, std::string>> rows = {
      {404, "", "check the URL"},
      {405, R"({"code":404})", "check the URL"},
      {400, R"({"code":10})", "hec.ack: true"},
      {400, R"({"code":14})", "hec.ack: false"},
      {302, "", "redirects"},
  };
  for (const auto& [status, body, advice] : rows) {
    HecSinkFixture f;
    FakeHec hec;
    hec.before = [&, code = status, text = body](const HttpRequest&, int) {
      return std::optional<Result<HttpAnswer>>(answer_of(code, text));
    };
    f.start({&hec});
    (void)f.submit(numbered_events(3));
    const Status drained = f.sink->drain();
    ASSERT_FALSE(drained);
    EXPECT_EQ(drained.error().code, Errc::denied) << status;
    EXPECT_NE(drained.error().message.find(advice), std::string::npos) << drained.error().message;
    EXPECT_EQ(hec.posts(), 1);
    EXPECT_TRUE(f.dead_events().empty());
  }
}

TEST(HecSink, one_of_two_endpoints_dying_costs_nothing) {
  for (const std::size_t connections : std::initializer_list<std::size_t>{1, 4}) {
    HecSinkFixture f(connections);
    f.options.hec.endpoints = {"http://127.0.0.1:8088", "http://127.0.0.1:8089"};
    FakeHec first;
    FakeHec second;
    first.before = [](const HttpRequest&, int post) -> std::optional<Result<HttpAnswer>> {
      if (post < 5) return std::nullopt;
      return Result<HttpAnswer>(fail(Errc::transient, "connection refused"));
    };
    f.start({&first, &second});
    std::vector<std::string> all;
    for (int i = 0; i < 60; ++i) {
      const std::vector<std::string> events = numbered_events(3, "r" + std::to_string(i) + "-");
      all.insert(all.end(), events.begin(), events.end());
      ASSERT_TRUE(f.submit(events));
    }
    ASSERT_TRUE(f.sink->drain());
    std::map<std::string, int> counts = first.event_counts();
    for (const auto& [event, count] : second.event_counts()) counts[event] += count;
    EXPECT_EQ(counts, once_each(all));
    if (connections == 1) {
      EXPECT_EQ(first.events().size(), 15U);
    }
  }
}

TEST(HecSink, refuses_to_open_without_a_usable_endpoint_or_token) {
  for (const std::string url : {"", "splunk:8088", "ftp://splunk", "https://user:pass@splunk",
                                "https://splunk:0", "https://splunk?token=x", "https://spl\nunk"}) {
    HecSinkFixture f;
    f.options.hec.endpoints = {url};
    const auto sink = HecSink::open(f.options,
                                    HecPorts{[](auto) { return nullptr; }, f.tokens, f.clock,
                                             f.random, f.dead_letters, f.metrics},
                                    f.ledger, f.pool);
    ASSERT_FALSE(sink) << url;
    EXPECT_EQ(sink.error().code, Errc::usage);
    EXPECT_EQ(sink.error().message.find("pass"), std::string::npos);
  }
}

}  // namespace
}  // namespace hecate
