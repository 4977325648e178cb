// Requests cut from batches: by bytes, by events, by time; and every record in exactly one of them.
#include "pipeline/batcher.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/checkpoint.h"
#include "pipeline/metrics.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;

struct Sent {
  std::vector<std::string> events;
  std::vector<std::uint64_t> records;         // of the events
  std::vector<std::uint32_t> event_segments;  // likewise
  std::vector<Segment> segments;
  std::size_t body_bytes = 0;
};

/// Copies requests and gives them back at once.
class CopyingSink : public Sink {
 public:
  explicit CopyingSink(RequestPool& pool) : pool_(pool) {}
  Status submit(std::unique_ptr<Request> request) override {
    Sent copy;
    for (std::size_t i = 0; i < request->events.size(); ++i) {
      copy.events.emplace_back(request->event_bytes(i));
      copy.records.push_back(request->events[i].record);
      copy.event_segments.push_back(request->events[i].segment);
    }
    copy.segments = request->segments;
    copy.body_bytes = request->body.size();
    sent.push_back(std::move(copy));
    pool_.give_back(std::move(request));
    if (fails) return fail(Errc::auth, "token refused");
    return {};
  }
  Status drain() override { return {}; }
  std::vector<Sent> sent;
  bool fails = false;

 private:
  RequestPool& pool_;
};

class BatcherTest : public testing::Test {
 protected:
  Batcher batcher(BatchLimits limits) { return Batcher(limits, pool_, sink_, clock_); }
  std::shared_ptr<ObjectProgress> object(const std::string& uri) {
    Envelope envelope;
    envelope.uri = uri;
    return *ledger_.open(envelope);
  }
  /// Appends an event; kept events and dead letters are encoded as `bytes`.
  static void add(Batch& batch, Fate fate, const std::string& bytes = "x\n") {
    Event& event = batch.events.emplace_back();
    event.fate = fate;
    if (fate == Fate::keep || fate == Fate::dead_letter) batch.encoded.append(bytes);
    batch.encoded_ends.push_back(static_cast<std::uint32_t>(batch.encoded.size()));
  }
  static Batch batch_of(const std::vector<std::string>& events, std::uint64_t first_record = 0) {
    Batch batch;
    batch.first_record = first_record;
    for (const std::string& event : events) add(batch, Fate::keep, event);
    return batch;
  }
  std::vector<std::size_t> events_per_request() const {
    std::vector<std::size_t> counts;
    for (const Sent& sent : sink_.sent) counts.push_back(sent.events.size());
    return counts;
  }

  Metrics metrics_;
  Ledger ledger_{nullptr, metrics_};
  RequestPool pool_{2, 100};
  CopyingSink sink_{pool_};
  ManualClock clock_;
};

TEST_F(BatcherTest, cuts_before_the_bytes_would_be_too_many) {
  Batcher batcher = this->batcher({.bytes = 10, .events = 100, .wait = milliseconds(500)});
  ASSERT_TRUE(
      batcher.add(batch_of({"aaaa\n", "bbbb\n", "c\n", "dddddddd\n", "eeeeeeeee\n"}), object("o")));
  EXPECT_EQ(events_per_request(), (std::vector<std::size_t>{2, 1, 1}));
  ASSERT_TRUE(batcher.flush());
  EXPECT_EQ(events_per_request(), (std::vector<std::size_t>{2, 1, 1, 1}));
  for (const Sent& sent : sink_.sent) EXPECT_LE(sent.body_bytes, 10U);
}

TEST_F(BatcherTest, cuts_when_the_events_are_enough) {
  Batcher batcher = this->batcher({.bytes = 1000, .events = 3, .wait = milliseconds(500)});
  ASSERT_TRUE(batcher.add(batch_of(std::vector<std::string>(7, "x\n")), object("o")));
  ASSERT_TRUE(batcher.flush());
  EXPECT_EQ(events_per_request(), (std::vector<std::size_t>{3, 3, 1}));
}

TEST_F(BatcherTest, an_event_larger_than_a_request_goes_alone) {
  Batcher batcher = this->batcher({.bytes = 10, .events = 100, .wait = milliseconds(500)});
  const std::string large = std::string(50, 'L') + "\n";
  ASSERT_TRUE(batcher.add(batch_of({large, "a\n", large, large, "b\n"}), object("o")));
  ASSERT_TRUE(batcher.flush());
  EXPECT_EQ(events_per_request(), (std::vector<std::size_t>{1, 1, 1, 1, 1}));
  EXPECT_EQ(sink_.sent[2].events[0], large);
}

TEST_F(BatcherTest, waits_for_company_but_not_too_long) {
  Batcher batcher = this->batcher({.bytes = 1000, .events = 100, .wait = milliseconds(500)});
  const auto one = object("one");
  ASSERT_TRUE(batcher.add(batch_of({"a\n"}), one));
  clock_.advance(milliseconds(499));
  ASSERT_TRUE(batcher.flush_if_due());
  ASSERT_TRUE(batcher.add(batch_of({"b\n"}, 1), one));
  EXPECT_TRUE(sink_.sent.empty());
  clock_.advance(milliseconds(1));
  ASSERT_TRUE(batcher.flush_if_due());
  EXPECT_EQ(events_per_request(), (std::vector<std::size_t>{2}));
  ASSERT_TRUE(batcher.add(batch_of({"c\n"}, 2), one));
  clock_.advance(milliseconds(499));
  ASSERT_TRUE(batcher.flush_if_due());
  EXPECT_EQ(sink_.sent.size(), 1U) << "the wait starts anew with each request";
  clock_.advance(milliseconds(1));
  ASSERT_TRUE(batcher.add(batch_of({"d\n"}, 3), one));
  EXPECT_EQ(sink_.sent.size(), 2U) << "adding looks at the clock too";
}

TEST_F(BatcherTest, never_submits_an_empty_request) {
  Batcher batcher = this->batcher({.bytes = 10, .events = 1, .wait = milliseconds(0)});
  ASSERT_TRUE(batcher.flush());
  ASSERT_TRUE(batcher.flush_if_due());
  ASSERT_TRUE(batcher.add(Batch{}, object("empty")));
  Batch resumed;
  add(resumed, Fate::resumed);
  ASSERT_TRUE(batcher.add(resumed, object("resumed")));
  ASSERT_TRUE(batcher.flush());
  EXPECT_TRUE(sink_.sent.empty());
}

TEST_F(BatcherTest, filtered_and_dead_records_travel_as_counts) {
  Batcher batcher = this->batcher({.bytes = 1000, .events = 100, .wait = milliseconds(500)});
  Batch batch;
  batch.first_record = 10;
  for (const Fate fate : {Fate::resumed, Fate::filtered, Fate::keep, Fate::dead_letter, Fate::keep})
    add(batch, fate, fate == Fate::keep ? "keep\n" : "dead\n");
  const auto one = object("one");
  ASSERT_TRUE(batcher.add(batch, one));
  ASSERT_TRUE(batcher.flush());
  ASSERT_EQ(sink_.sent.size(), 1U);
  const Sent& sent = sink_.sent[0];
  EXPECT_EQ(sent.events, (std::vector<std::string>{"keep\n", "keep\n"}));
  EXPECT_EQ(sent.records, (std::vector<std::uint64_t>{12, 14}));
  ASSERT_EQ(sent.segments.size(), 1U);
  EXPECT_EQ(sent.segments[0].object, one);
  EXPECT_EQ(sent.segments[0].first_record, 11U);
  EXPECT_EQ(sent.segments[0].end_record, 15U);
  EXPECT_EQ(sent.segments[0].filtered, 1U);
  EXPECT_EQ(sent.segments[0].dead_lettered, 1U);
}

TEST_F(BatcherTest, bookkeeping_does_not_make_an_event_too_large_for_its_request) {
  Batcher batcher = this->batcher({.bytes = 10, .events = 100, .wait = milliseconds(500)});
  Batch batch;
  add(batch, Fate::filtered);
  add(batch, Fate::keep, std::string(50, 'L') + "\n");
  ASSERT_TRUE(batcher.add(batch, object("o")));
  ASSERT_TRUE(batcher.flush());
  EXPECT_EQ(events_per_request(), (std::vector<std::size_t>{1}));
}

TEST_F(BatcherTest, objects_have_segments_of_their_own_even_where_their_records_would_join) {
  Batcher batcher = this->batcher({.bytes = 1000, .events = 100, .wait = milliseconds(500)});
  const auto one = object("one");
  const auto other = object("other");
  ASSERT_TRUE(batcher.add(batch_of({"a\n", "b\n"}), one));
  ASSERT_TRUE(batcher.add(batch_of({"c\n"}, 2), other));
  ASSERT_TRUE(batcher.add(batch_of({"d\n"}, 3), other));
  ASSERT_TRUE(batcher.flush());
  ASSERT_EQ(sink_.sent.size(), 1U);
  const std::vector<Segment>& segments = sink_.sent[0].segments;
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].object, one);
  EXPECT_EQ(segments[1].object, other);
  EXPECT_EQ(segments[1].first_record, 2U);
  EXPECT_EQ(segments[1].end_record, 4U);
}

TEST_F(BatcherTest, a_request_may_have_only_bookkeeping_and_even_that_is_bounded) {
  Batcher batcher = this->batcher({.bytes = 1000, .events = 100, .wait = milliseconds(500)});
  std::size_t segments_most = 0;
  for (int i = 0; i < 10'000; ++i) {
    Batch batch;
    add(batch, Fate::filtered);
    ASSERT_TRUE(batcher.add(batch, object("o" + std::to_string(i))));
  }
  ASSERT_TRUE(batcher.flush());
  std::size_t segments = 0;
  for (const Sent& sent : sink_.sent) {
    EXPECT_TRUE(sent.events.empty());
    segments += sent.segments.size();
    segments_most = std::max(segments_most, sent.segments.size());
  }
  EXPECT_EQ(segments, 10'000U);
  EXPECT_GE(sink_.sent.size(), 2U);
  EXPECT_LE(segments_most, 4096U);
}

TEST_F(BatcherTest, passes_on_why_the_sink_stops) {
  Batcher batcher = this->batcher({.bytes = 10, .events = 1, .wait = milliseconds(500)});
  sink_.fails = true;
  const Status added = batcher.add(batch_of({"a\n", "b\n"}), object("o"));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::auth);
}

TEST_F(BatcherTest, a_closed_pool_means_that_the_run_was_stopped) {
  Batcher batcher = this->batcher({});
  pool_.close();
  const Status added = batcher.add(batch_of({"a\n"}), object("o"));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::interrupted);
}

// ---- any mixture of objects, batches, sizes and fates

struct Expected {
  Fate fate;
  std::string bytes;
};

class BatcherProperty : public BatcherTest, public testing::WithParamInterface<int> {
 protected:
  /// Reads a random object through the batcher and remembers what must come of it.
  void feed(Batcher& batcher, SeededRandom& random, const std::string& uri) {
    const auto progress = object(uri);
    std::vector<Expected>& expected = expected_[progress.get()];
    kept_alive_.push_back(progress);
    std::uint64_t resumed = random.below(3) == 0 ? random.below(30) : 0;
    std::uint64_t record = 0;
    for (std::uint64_t batches = random.below(5); batches > 0; --batches) {
      Batch batch;
      batch.first_record = record;
      for (std::uint64_t events = random.below(40); events > 0; --events, ++record) {
        constexpr Fate fates[] = {Fate::keep, Fate::keep, Fate::filtered, Fate::dead_letter};
        const Fate fate = record < resumed ? Fate::resumed : fates[random.below(4)];
        const std::string bytes = uri + "#" + std::to_string(record) +
                                  std::string(random.below(random.below(10) == 0 ? 400 : 20), 'x') +
                                  "\n";
        add(batch, fate, bytes);
        expected.push_back({fate, bytes});
      }
      if (random.below(4) == 0) clock_.advance(milliseconds(random.below(800)));
      ASSERT_TRUE(batcher.add(batch, progress));
      if (random.below(5) == 0) {
        ASSERT_TRUE(batcher.flush_if_due());
      }
    }
  }

  /// Checks one request by itself, and marks what it settles.
  void check_request(const Sent& sent, const BatchLimits& limits) {
    ASSERT_FALSE(sent.segments.empty());
    EXPECT_LE(sent.events.size(), limits.events);
    EXPECT_TRUE(sent.body_bytes <= limits.bytes || sent.events.size() == 1);
    std::size_t next_event = 0;
    for (std::size_t s = 0; s < sent.segments.size(); ++s) {
      const Segment& segment = sent.segments[s];
      const std::vector<Expected>& expected = expected_.at(segment.object.get());
      ASSERT_LT(segment.first_record, segment.end_record);
      ASSERT_LE(segment.end_record, expected.size());
      std::uint64_t filtered = 0;
      std::uint64_t dead = 0;
      for (std::uint64_t record = segment.first_record; record < segment.end_record; ++record) {
        ++settled_[{segment.object.get(), record}];
        const Expected& wanted = expected[record];
        ASSERT_NE(wanted.fate, Fate::resumed);
        filtered += wanted.fate == Fate::filtered ? 1 : 0;
        dead += wanted.fate == Fate::dead_letter ? 1 : 0;
        if (wanted.fate != Fate::keep) continue;
        ASSERT_LT(next_event, sent.events.size());
        EXPECT_EQ(sent.events[next_event], wanted.bytes);
        EXPECT_EQ(sent.records[next_event], record);
        EXPECT_EQ(sent.event_segments[next_event], s);
        ++next_event;
      }
      EXPECT_EQ(segment.filtered, filtered);
      EXPECT_EQ(segment.dead_lettered, dead);
    }
    EXPECT_EQ(next_event, sent.events.size());
  }

  std::map<const ObjectProgress*, std::vector<Expected>> expected_;
  std::map<std::pair<const ObjectProgress*, std::uint64_t>, int> settled_;
  std::vector<std::shared_ptr<ObjectProgress>> kept_alive_;
};

TEST_P(BatcherProperty, every_record_is_in_exactly_one_segment_and_every_event_is_itself) {
  const std::uint64_t seed = test_seed(static_cast<std::uint64_t>(GetParam()));
  SCOPED_TRACE("HECATE_TEST_SEED=" + std::to_string(seed));
  SeededRandom random(seed);
  const BatchLimits limits{.bytes = 50 + random.below(500),
                           .events = 1 + random.below(30),
                           .wait = milliseconds(random.below(1000))};
  Batcher batcher = this->batcher(limits);
  for (std::uint64_t objects = 1 + random.below(30); objects > 0; --objects)
    feed(batcher, random, "object" + std::to_string(objects));
  ASSERT_TRUE(batcher.flush());
  for (const Sent& sent : sink_.sent) check_request(sent, limits);
  for (const auto& [progress, expected] : expected_) {
    for (std::uint64_t record = 0; record < expected.size(); ++record) {
      const int times = expected[record].fate == Fate::resumed ? 0 : 1;
      ASSERT_EQ((settled_[{progress, record}]), times) << expected[record].bytes;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BatcherProperty, testing::Range(1, 60));

}  // namespace
}  // namespace hecate
