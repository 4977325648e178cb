// One worker between fakes: what an object's troubles cost, and in which order things happen.
#include "batch/worker.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_checkpoint_store.h"
#include "tests/support/fake_objects.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_dead_letters.h"
#include "tests/support/recording_sink.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WorkerTest : public testing::Test {
 protected:
  Status run(Config config = {}) {
    config.hec.batch.wait = std::chrono::hours(1);
    std::vector<ConfigProblem> problems;
    const LogPipelineShared shared =
        share_log_pipeline(std::make_shared<const Config>(config), nullptr, problems);
    EXPECT_THAT(problems, IsEmpty());
    ObjectQueue queue(objects_);
    const WorkerPorts ports{queue,
                            objects_,
                            ledger_,
                            pool_,
                            sink_,
                            letters_,
                            clock_,
                            metrics_,
                            [this] { return stopped_ && stopped_(); },
                            [this](std::string_view text) { notices_.emplace_back(text); },
                            [this](const Envelope& object) { skipped_.push_back(object.uri); }};
    Worker worker(ports, make_log_pipeline(shared, {}), config.hec.batch);
    Status done = worker.run();
    EXPECT_TRUE(ledger_.flush());
    return done;
  }

  // So that a batch is on its way as soon as it is handed on.
  static Config one_event_a_request() {
    Config config;
    config.hec.batch.events = 1;
    return config;
  }
  static std::string lines(std::size_t count, std::string_view text = "line") {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += fmt::format("{} {}\n", text, i);
    return out;
  }
  [[nodiscard]] ObjectState state(std::string_view uri) const {
    return store_.find(uri).value_or(ObjectState{});
  }
  void expect_counts(std::uint64_t delivered, std::uint64_t filtered, std::uint64_t dead) const {
    EXPECT_EQ(metrics_.events_delivered, delivered);
    EXPECT_EQ(metrics_.events_filtered, filtered);
    EXPECT_EQ(metrics_.events_dead_lettered, dead);
    metrics_.check_conserved();
  }

  Metrics metrics_;
  FakeCheckpointStore store_;
  Ledger ledger_{&store_, metrics_};
  RequestPool pool_{2, 4096};
  RecordingSink sink_{ledger_, pool_};
  MemoryDeadLetters letters_;
  ManualClock clock_;
  FakeObjects objects_;
  std::function<bool()> stopped_;
  std::vector<std::string> notices_, skipped_;
};

TEST_F(WorkerTest, delivers_every_event_of_every_object_in_order) {
  objects_.add("a", "first\nsecond\n");
  objects_.add("b", "third\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(sink_.events,
              ElementsAre(HasSubstr("first"), HasSubstr("second"), HasSubstr("third")));
  EXPECT_EQ(state("a").status, ObjectStatus::done);
  EXPECT_EQ(state("b").status, ObjectStatus::done);
  EXPECT_EQ(metrics_.objects_done, 2U);
  expect_counts(3, 0, 0);
}

TEST_F(WorkerTest, small_objects_share_a_request_and_large_ones_take_several) {
  objects_.add("a", lines(2));
  objects_.add("b", lines(2));
  objects_.add("c", lines(10));
  Config config;
  config.hec.batch.events = 5;
  ASSERT_TRUE(run(config));
  EXPECT_EQ(sink_.bodies.size(), 3U);
  EXPECT_EQ(sink_.events.size(), 14U);
  expect_counts(14, 0, 0);
}

TEST_F(WorkerTest, dead_letters_are_written_before_their_batch_is_handed_on) {
  objects_.add("a", "{\"n\":1}\nbroken\n{\"n\":2}\n");
  std::vector<std::size_t> letters_before;
  sink_.on_submit = [&](const Request&) { letters_before.push_back(letters_.letters().size()); };
  ASSERT_TRUE(run(one_event_a_request()));
  EXPECT_THAT(letters_before, ElementsAre(1, 1));
  ASSERT_EQ(letters_.letters().size(), 1U);
  const MemoryDeadLetters::Kept kept = letters_.letters().front();
  EXPECT_EQ(kept.letter.reason, DeadLetterReason::bad_document);
  EXPECT_EQ(kept.letter.record, 1U);
  EXPECT_EQ(kept.uri, "a");
  EXPECT_EQ(kept.etag, "v1");
  EXPECT_THAT(kept.event, HasSubstr("\"event\":\"broken\""));
  EXPECT_EQ(kept.event.back(), '}') << "an event ends without its newline";
  EXPECT_THAT(sink_.events, ElementsAre(HasSubstr("n\\\":1"), HasSubstr("n\\\":2")));
  expect_counts(2, 0, 1);
}

TEST_F(WorkerTest, a_dead_letter_that_cannot_be_written_ends_the_run_before_anything_moves_on) {
  objects_.add("a", "{\"n\":1}\nbroken\n{\"n\":2}\n");
  letters_.failing = true;
  const Status done = run(one_event_a_request());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::storage);
  EXPECT_THAT(sink_.bodies, IsEmpty());
  EXPECT_EQ(state("a").records_settled, 0U);
}

TEST_F(WorkerTest, a_message_above_the_limit_is_a_dead_letter_when_configured) {
  objects_.add("a", "short\n" + std::string(100, 'x') + "\nshort too\n");
  Config config;
  config.hec.max_event_bytes = 16;
  config.hec.too_large = TooLarge::dead_letter;
  ASSERT_TRUE(run(config));
  ASSERT_EQ(letters_.letters().size(), 1U);
  EXPECT_EQ(letters_.letters().front().letter.reason, DeadLetterReason::too_large);
  expect_counts(2, 0, 1);
}

TEST_F(WorkerTest, a_damaged_object_gives_what_is_readable_and_is_not_tried_again) {
  const std::string whole =
      R"({"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[)"
      R"({"id":"7","timestamp":1,"message":"readable"}]})";
  objects_.add("a", whole + whole.substr(0, whole.size() - 9));
  objects_.add("b", "good\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(sink_.events, ElementsAre(HasSubstr("readable"), HasSubstr("good")));
  EXPECT_EQ(state("a").status, ObjectStatus::failed);
  EXPECT_EQ(state("a").records_settled, 1U);
  EXPECT_THAT(state("a").last_error, HasSubstr("cut off"));
  ASSERT_EQ(letters_.letters().size(), 1U);
  EXPECT_EQ(letters_.letters().front().letter.reason, DeadLetterReason::bad_document);
  EXPECT_FALSE(letters_.letters().front().letter.record) << "it is for the whole object";
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("a: ")));
  EXPECT_EQ(metrics_.objects_failed, 1U);
  EXPECT_EQ(metrics_.objects_done, 1U);
  expect_counts(2, 0, 0);
}

TEST_F(WorkerTest, an_object_that_is_no_log_fails_for_good) {
  objects_.add("a", std::string("PK\x03\x04", 4) + "rest");
  ASSERT_TRUE(run());
  EXPECT_EQ(state("a").status, ObjectStatus::failed);
  ASSERT_EQ(letters_.letters().size(), 1U);
  EXPECT_EQ(letters_.letters().front().letter.reason, DeadLetterReason::bad_object);
}

TEST_F(WorkerTest, an_object_that_cannot_be_opened_is_tried_again_by_the_next_run) {
  objects_.add_unopenable("a", {Errc::denied, "permission denied"});
  objects_.add("b", "good\n");
  ASSERT_TRUE(run());
  EXPECT_EQ(state("a").status, ObjectStatus::unread);
  EXPECT_EQ(state("b").status, ObjectStatus::done);
  EXPECT_EQ(letters_.letters().size(), 1U);
  EXPECT_EQ(metrics_.objects_failed, 1U);
  expect_counts(1, 0, 0);
}

TEST_F(WorkerTest, an_object_that_breaks_off_keeps_what_was_read_and_is_tried_again) {
  objects_.add("a", lines(3), Error{Errc::transient, "connection reset"});
  ASSERT_TRUE(run());
  EXPECT_EQ(sink_.events.size(), 3U);
  EXPECT_EQ(state("a").status, ObjectStatus::unread);
  EXPECT_EQ(state("a").records_settled, 3U);
  EXPECT_EQ(state("a").last_error, "connection reset");
}

TEST_F(WorkerTest, a_place_that_cannot_be_listed_is_dead_lettered_and_the_rest_goes_on) {
  objects_.add_unlistable("folder", {Errc::denied, "permission denied"});
  objects_.add("b", "good\n");
  ASSERT_TRUE(run());
  EXPECT_EQ(letters_.letters().size(), 1U);
  EXPECT_EQ(metrics_.objects_failed, 1U);
  EXPECT_EQ(metrics_.objects_done, 1U);
  EXPECT_FALSE(store_.find("folder")) << "there is no object to remember";
}

TEST_F(WorkerTest, a_listing_that_fails_ends_the_run) {
  objects_.add("a", "good\n");
  objects_.end_listing_in({Errc::transient, "the bucket went away"});
  const Status done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::transient);
}

TEST_F(WorkerTest, an_interruption_of_the_reader_ends_the_run_and_is_no_damage) {
  objects_.add("a", lines(3), Error{Errc::interrupted, "stopped"});
  const Status done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::interrupted);
  EXPECT_THAT(letters_.letters(), IsEmpty());
  EXPECT_EQ(metrics_.objects_failed, 0U);
}

TEST_F(WorkerTest, opens_nothing_once_it_was_stopped) {
  objects_.add("a", "good\n");
  stopped_ = [] { return true; };
  const Status done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::interrupted);
  EXPECT_THAT(objects_.opened, IsEmpty());
}

TEST_F(WorkerTest, stops_between_two_batches_of_a_large_object) {
  objects_.add("a", lines(100'000));
  stopped_ = [this] { return metrics_.events_read > 0; };
  const Status done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::interrupted);
  EXPECT_LT(metrics_.events_read, 100'000U);
  EXPECT_NE(state("a").status, ObjectStatus::done);
}

TEST_F(WorkerTest, a_sink_that_gives_up_ends_the_run) {
  objects_.add("a", lines(3));
  sink_.failing_in = Error{Errc::auth, "the token was refused"};
  const Status done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::auth);
  EXPECT_EQ(state("a").records_settled, 0U);
}

TEST_F(WorkerTest, a_closed_pool_wakes_a_worker_and_ends_the_run) {
  objects_.add("a", lines(3));
  pool_.close();
  const Status done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::interrupted);
}

TEST_F(WorkerTest, records_of_an_earlier_run_are_neither_sent_nor_counted_again) {
  store_.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::partial, 2, 1, 1, 0, {}};
  objects_.add("a", lines(5));
  ASSERT_TRUE(run());
  EXPECT_THAT(sink_.events,
              ElementsAre(HasSubstr("line 2"), HasSubstr("line 3"), HasSubstr("line 4")));
  EXPECT_EQ(metrics_.events_read, 3U);
  EXPECT_EQ(metrics_.events_resumed, 2U);
  EXPECT_EQ(state("a").status, ObjectStatus::done);
  EXPECT_EQ(state("a").records_settled, 5U);
  EXPECT_EQ(state("a").events_delivered, 4U);
  expect_counts(3, 0, 0);
}

TEST_F(WorkerTest, a_dead_letter_of_an_earlier_run_is_not_written_again) {
  store_.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::partial, 2, 1, 0, 1, {}};
  objects_.add("a", "{\"n\":1}\nbroken\n{\"n\":2}\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(letters_.letters(), IsEmpty());
  EXPECT_EQ(sink_.events.size(), 1U);
  expect_counts(1, 0, 0);
}

TEST_F(WorkerTest, an_object_that_an_earlier_run_did_is_told_and_not_opened) {
  store_.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::done, 1, 1, 0, 0, {}};
  store_.states[{"b", "v1"}] = {"b", "v1", ObjectStatus::failed, 0, 0, 0, 0, "damaged"};
  objects_.add("a", "first\n");
  objects_.add("b", "second\n");
  objects_.add("c", "third\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(objects_.opened, ElementsAre("c"));
  EXPECT_THAT(skipped_, ElementsAre("a", "b"));
  EXPECT_EQ(metrics_.objects_skipped, 2U);
  expect_counts(1, 0, 0);
}

TEST_F(WorkerTest, an_object_whose_every_event_is_filtered_is_done) {
  objects_.add("a", "\n  \n\t\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(sink_.events, IsEmpty());
  EXPECT_EQ(state("a").status, ObjectStatus::done);
  EXPECT_EQ(state("a").events_filtered, 3U);
  EXPECT_EQ(metrics_.events_blank, 3U);
  expect_counts(0, 3, 0);
}

TEST_F(WorkerTest, an_empty_object_is_done) {
  objects_.add("a", "");
  ASSERT_TRUE(run());
  EXPECT_EQ(state("a").status, ObjectStatus::done);
  EXPECT_EQ(metrics_.objects_done, 1U);
  expect_counts(0, 0, 0);
}

TEST_F(WorkerTest, counts_bytes_of_every_object_once) {
  objects_.add("a", lines(1000));
  objects_.add("b", lines(10));
  ASSERT_TRUE(run());
  EXPECT_EQ(metrics_.bytes_compressed, lines(1000).size() + lines(10).size());
  EXPECT_EQ(metrics_.bytes_uncompressed, lines(1000).size() + lines(10).size());
}

// Objects of every kind, whole, blank, broken and cut off; every record ends somewhere, once.
TEST_F(WorkerTest, accounts_for_every_record_of_whatever_comes) {
  const std::uint64_t seed = test_seed(20240131);
  SCOPED_TRACE(fmt::format("HECATE_TEST_SEED={}", seed));
  SeededRandom random(seed);
  std::uint64_t good = 0, blank = 0, broken = 0;
  for (int i = 0; i < 50; ++i) {
    std::string text = "{\"n\":0}\n";
    ++good;
    for (std::uint64_t line = random.below(400); line > 0; --line) {
      const std::uint64_t kind = random.below(4);
      text += kind == 0 ? "\n" : kind == 1 ? "{\"broken\n" : "{\"n\":1}\n";
      (kind == 0 ? blank : kind == 1 ? broken : good) += 1;
    }
    std::optional<Error> error;
    if (random.below(5) == 0) error = Error{Errc::transient, "connection reset"};
    objects_.add(fmt::format("object {}", i), std::move(text), error);
  }
  Config config;
  config.hec.batch.events = 1 + random.below(500);
  ASSERT_TRUE(run(config));
  EXPECT_EQ(sink_.events.size(), good);
  EXPECT_EQ(metrics_.events_read, good + blank + broken);
  EXPECT_EQ(ledger_.objects_open(), 0U);
  std::uint64_t settled = 0;
  for (const auto& [key, state] : store_.states) settled += state.records_settled;
  EXPECT_EQ(settled, good + blank + broken);
  expect_counts(good, blank, broken);
}

}  // namespace
}  // namespace hecate
