// The ledger: prefixes, counts, and what is in the store after each step.
#include "pipeline/checkpoint.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/request.h"
#include "tests/support/fake_checkpoint_store.h"
#include "tests/support/proofs.h"

namespace hecate {
namespace {

using ObjectPtr = std::shared_ptr<ObjectProgress>;

Envelope envelope_of(std::string uri, std::string identity = "v1") {
  Envelope envelope;
  envelope.uri = std::move(uri);
  envelope.identity = std::move(identity);
  return envelope;
}

/// Adds the records [first, end) of `object` to `request`; the first ones of them were filtered or
/// dead-lettered on the way, the rest are events.
void add_segment(Request& request, const ObjectPtr& object, std::uint64_t first, std::uint64_t end,
                 std::uint64_t filtered = 0, std::uint64_t dead_lettered = 0) {
  const auto segment = static_cast<std::uint32_t>(request.segments.size());
  request.segments.push_back({object, first, end, filtered, dead_lettered});
  for (std::uint64_t record = first + filtered + dead_lettered; record < end; ++record) {
    request.events.push_back({0, segment, record});
  }
}

class CheckpointLedger : public testing::Test {
 protected:
  ObjectPtr open(const std::string& uri) {
    Result<ObjectPtr> object = ledger.open(envelope_of(uri));
    EXPECT_TRUE(object.has_value());
    return object ? *object : nullptr;
  }
  Status settle(const Request& request, std::vector<std::uint32_t> dead = {}) {
    return ledger.settle(request, DeliveryForTests::delivered(request.events.size() - dead.size()),
                         DeliveryForTests::dead_lettered(dead.size()), dead);
  }
  Status settle(const ObjectPtr& object, std::uint64_t first, std::uint64_t end) {
    Request request;
    add_segment(request, object, first, end);
    return settle(request);
  }
  std::uint64_t prefix(const std::string& uri) {
    const auto state = store.find(uri);
    return state ? state->records_settled : 0;
  }

  FakeCheckpointStore store;
  Metrics metrics;
  Ledger ledger{&store, metrics};
};

TEST_F(CheckpointLedger, saves_the_prefix_before_settle_returns) {
  const ObjectPtr object = open("a");
  ASSERT_TRUE(settle(object, 0, 10).has_value());
  const auto state = store.find("a");
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->records_settled, 10u);
  EXPECT_EQ(state->events_delivered, 10u);
  EXPECT_EQ(state->status, ObjectStatus::partial);
  EXPECT_EQ(metrics.events_delivered.load(), 10u);
}

TEST_F(CheckpointLedger, moves_over_records_settled_out_of_order_only_when_the_gap_closes) {
  const ObjectPtr object = open("a");
  ASSERT_TRUE(settle(object, 20, 30).has_value());
  ASSERT_TRUE(settle(object, 10, 20).has_value());
  EXPECT_EQ(prefix("a"), 0u);
  EXPECT_TRUE(store.save_sizes.empty()) << "nothing changed that is worth saving";
  ASSERT_TRUE(settle(object, 0, 10).has_value());
  EXPECT_EQ(prefix("a"), 30u);
  ASSERT_TRUE(settle(object, 35, 40).has_value());
  EXPECT_EQ(prefix("a"), 30u);
  EXPECT_EQ(store.find("a")->events_delivered, 30u)
      << "counts beyond the prefix would be counted again by the next run";
  EXPECT_EQ(metrics.events_delivered.load(), 35u);
}

TEST_F(CheckpointLedger, goes_on_where_an_earlier_run_stopped) {
  {
    const ObjectPtr object = open("a");
    ASSERT_TRUE(settle(object, 0, 10).has_value());
    ASSERT_TRUE(settle(object, 15, 20).has_value());
  }
  Metrics later_metrics;
  Ledger later(&store, later_metrics);
  const ObjectPtr object = *later.open(envelope_of("a"));
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->resume_from(), 10u);
  Request request;
  add_segment(request, object, 10, 20);
  ASSERT_TRUE(
      later.settle(request, DeliveryForTests::delivered(10), DeliveryForTests::dead_lettered(0), {})
          .has_value());
  ASSERT_TRUE(later.finish(*object, 20, ObjectStatus::done).has_value());
  ASSERT_TRUE(later.flush().has_value());
  EXPECT_EQ(store.find("a")->events_delivered, 20u);
  EXPECT_EQ(store.find("a")->status, ObjectStatus::done);
  EXPECT_EQ(later_metrics.events_delivered.load(), 10u);
}

TEST_F(CheckpointLedger, skips_objects_that_are_done_or_failed_for_good) {
  store.states[{"done", "v1"}] = {"done", "v1", ObjectStatus::done, 3, 3, 0, 0, ""};
  store.states[{"failed", "v1"}] = {"failed", "v1", ObjectStatus::failed, 0, 0, 0, 0, "broken"};
  EXPECT_EQ(open("done"), nullptr);
  EXPECT_EQ(open("failed"), nullptr);
  EXPECT_EQ(metrics.objects_skipped.load(), 2u);
  EXPECT_EQ(ledger.objects_open(), 0u);
}

TEST_F(CheckpointLedger, takes_another_content_as_another_object) {
  store.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::done, 3, 3, 0, 0, ""};
  const Result<ObjectPtr> changed = ledger.open(envelope_of("a", "v2"));
  ASSERT_TRUE(changed.has_value());
  ASSERT_NE(*changed, nullptr);
  EXPECT_EQ((*changed)->resume_from(), 0u);
}

TEST_F(CheckpointLedger, tries_unread_objects_again_and_forgets_why_they_were) {
  store.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::unread, 4, 4, 0, 0, "access denied"};
  const ObjectPtr object = open("a");
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->resume_from(), 4u);
  ASSERT_TRUE(settle(object, 4, 5).has_value());
  EXPECT_EQ(store.find("a")->last_error, "");
  EXPECT_EQ(store.find("a")->status, ObjectStatus::partial);
}

TEST_F(CheckpointLedger, refuses_a_checkpoint_whose_counts_contradict_each_other) {
  store.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::partial, 10, 8, 0, 0, ""};
  const Result<ObjectPtr> object = ledger.open(envelope_of("a"));
  ASSERT_FALSE(object.has_value());
  EXPECT_EQ(object.error().code, Errc::corrupt_state);
}

TEST_F(CheckpointLedger, settles_two_objects_in_one_request_with_one_save) {
  const ObjectPtr a = open("a");
  const ObjectPtr b = open("b");
  Request request;
  add_segment(request, a, 0, 5, 2);     // events 0..2
  add_segment(request, b, 0, 6, 1, 1);  // events 3..6
  ASSERT_TRUE(settle(request, {6, 0, 4}).has_value());
  EXPECT_EQ(store.save_sizes, (std::vector<std::size_t>{2}));
  const ObjectState state_a = *store.find("a");
  EXPECT_EQ(state_a.events_delivered, 2u);
  EXPECT_EQ(state_a.events_filtered, 2u);
  EXPECT_EQ(state_a.events_dead_lettered, 1u);
  const ObjectState state_b = *store.find("b");
  EXPECT_EQ(state_b.events_delivered, 2u);
  EXPECT_EQ(state_b.events_filtered, 1u);
  EXPECT_EQ(state_b.events_dead_lettered, 3u);
  EXPECT_EQ(metrics.events_delivered.load(), 4u);
  EXPECT_EQ(metrics.events_dead_lettered.load(), 3u) << "the worker counts its own";
  EXPECT_EQ(metrics.events_filtered.load(), 0u) << "the worker counts them";
}

TEST_F(CheckpointLedger, settles_a_request_without_events) {
  const ObjectPtr object = open("a");
  Request request;
  add_segment(request, object, 0, 7, 7);
  ASSERT_TRUE(settle(request).has_value());
  EXPECT_EQ(store.find("a")->events_filtered, 7u);
}

TEST_F(CheckpointLedger, closes_an_object_when_its_last_record_is_settled) {
  const ObjectPtr object = open("a");
  EXPECT_EQ(ledger.objects_open(), 1u);
  ASSERT_TRUE(ledger.finish(*object, 10, ObjectStatus::done).has_value());
  EXPECT_EQ(ledger.objects_open(), 1u);
  ASSERT_TRUE(settle(object, 5, 10).has_value());
  EXPECT_EQ(metrics.objects_done.load(), 0u);
  ASSERT_TRUE(settle(object, 0, 5).has_value());
  EXPECT_EQ(metrics.objects_done.load(), 1u);
  EXPECT_EQ(ledger.objects_open(), 0u);
  EXPECT_EQ(store.find("a")->status, ObjectStatus::done);
}

TEST_F(CheckpointLedger, keeps_the_reason_of_failed_and_unread_objects) {
  const ObjectPtr failed = open("failed");
  const ObjectPtr unread = open("unread");
  ASSERT_TRUE(settle(failed, 0, 3).has_value());
  ASSERT_TRUE(ledger.finish(*failed, 3, ObjectStatus::failed, "gzip CRC mismatch").has_value());
  EXPECT_EQ(store.find("failed")->status, ObjectStatus::failed) << "saved at once";
  EXPECT_EQ(store.find("failed")->last_error, "gzip CRC mismatch");
  ASSERT_TRUE(ledger.finish(*unread, 0, ObjectStatus::unread, "access denied").has_value());
  EXPECT_EQ(store.find("unread"), std::nullopt) << "saved later";
  ASSERT_TRUE(ledger.flush().has_value());
  EXPECT_EQ(store.find("unread")->last_error, "access denied");
  EXPECT_EQ(metrics.objects_failed.load(), 2u);
  EXPECT_EQ(metrics.objects_done.load(), 0u);
}

TEST_F(CheckpointLedger, closes_an_object_that_an_earlier_run_had_all_but_closed) {
  store.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::partial, 4, 4, 0, 0, ""};
  const ObjectPtr object = open("a");
  ASSERT_TRUE(ledger.finish(*object, 4, ObjectStatus::done).has_value());
  EXPECT_EQ(metrics.objects_done.load(), 1u);
  ASSERT_TRUE(ledger.flush().has_value());
  EXPECT_EQ(store.find("a")->status, ObjectStatus::done);
}

TEST_F(CheckpointLedger, does_not_take_a_shrunk_object_for_done) {
  store.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::partial, 4, 4, 0, 0, ""};
  const ObjectPtr object = open("a");
  const Status finished = ledger.finish(*object, 3, ObjectStatus::done);
  ASSERT_FALSE(finished.has_value());
  EXPECT_EQ(finished.error().code, Errc::corrupt_state);
  EXPECT_EQ(ledger.objects_open(), 1u);
}

TEST_F(CheckpointLedger, lets_an_interrupted_read_end_before_the_old_prefix) {
  store.states[{"a", "v1"}] = {"a", "v1", ObjectStatus::partial, 4, 4, 0, 0, ""};
  const ObjectPtr object = open("a");
  ASSERT_TRUE(ledger.finish(*object, 1, ObjectStatus::unread, "connection reset").has_value());
  ASSERT_TRUE(ledger.flush().has_value());
  EXPECT_EQ(store.find("a")->status, ObjectStatus::unread);
  EXPECT_EQ(store.find("a")->records_settled, 4u);
}

TEST_F(CheckpointLedger, saves_objects_without_records_in_groups_of_256) {
  for (int i = 0; i < 600; ++i) {
    ObjectPtr object = open("empty" + std::to_string(i));
    ASSERT_TRUE(ledger.finish(*object, 0, ObjectStatus::done).has_value());
    object.reset();
  }
  EXPECT_EQ(store.save_sizes, (std::vector<std::size_t>{256, 256}));
  ASSERT_TRUE(ledger.flush().has_value());
  EXPECT_EQ(store.states.size(), 600u);
  ASSERT_TRUE(ledger.flush().has_value());
  EXPECT_EQ(store.save_sizes.size(), 3u) << "nothing is saved twice";
}

TEST_F(CheckpointLedger, reports_a_failing_store_and_saves_all_of_it_later) {
  const ObjectPtr a = open("a");
  const ObjectPtr b = open("b");
  store.failing = true;
  const Status settled = settle(a, 0, 5);
  ASSERT_FALSE(settled.has_value());
  EXPECT_EQ(settled.error().code, Errc::storage);
  EXPECT_TRUE(store.states.empty());
  ASSERT_FALSE(settle(a, 5, 8).has_value());
  store.failing = false;
  ASSERT_TRUE(settle(b, 0, 1).has_value());
  EXPECT_EQ(prefix("a"), 8u);
  EXPECT_EQ(prefix("b"), 1u);
}

TEST_F(CheckpointLedger, passes_on_that_the_store_cannot_be_read) {
  store.failing = true;
  EXPECT_EQ(ledger.open(envelope_of("a")).error().code, Errc::storage);
  EXPECT_EQ(ledger.objects_open(), 0u);
}

TEST_F(CheckpointLedger, keeps_accounts_without_a_store) {
  Ledger forgetful(nullptr, metrics);
  const ObjectPtr object = *forgetful.open(envelope_of("a"));
  Request request;
  add_segment(request, object, 0, 2);
  ASSERT_TRUE(
      forgetful
          .settle(request, DeliveryForTests::delivered(2), DeliveryForTests::dead_lettered(0), {})
          .has_value());
  ASSERT_TRUE(forgetful.finish(*object, 2, ObjectStatus::done).has_value());
  ASSERT_TRUE(forgetful.flush().has_value());
  EXPECT_EQ(metrics.objects_done.load(), 1u);
  EXPECT_EQ(metrics.events_delivered.load(), 2u);
}

using CheckpointLedgerDeathTest = CheckpointLedger;

TEST_F(CheckpointLedgerDeathTest, accepts_no_settlement_without_proof) {
  const ObjectPtr object = open("a");
  Request request;
  add_segment(request, object, 0, 3);
  const auto settle_with = [&](std::uint64_t delivered, std::uint64_t dead,
                               std::vector<std::uint32_t> dead_events) {
    (void)ledger.settle(request, DeliveryForTests::delivered(delivered),
                        DeliveryForTests::dead_lettered(dead), dead_events);
  };
  EXPECT_DEATH(settle_with(2, 0, {}), "every event of a request is settled");
  EXPECT_DEATH(settle_with(4, 0, {}), "every event of a request is settled");
  EXPECT_DEATH(settle_with(2, 1, {}), "every dead letter names its event");
  EXPECT_DEATH(settle_with(2, 1, {3}), "a dead letter names an event of its request");
}

TEST_F(CheckpointLedgerDeathTest, accepts_no_record_twice_and_none_without_a_fate) {
  const ObjectPtr object = open("a");
  ASSERT_TRUE(settle(object, 10, 20).has_value());
  EXPECT_DEATH((void)settle(object, 5, 11), "no record is settled twice");
  EXPECT_DEATH((void)settle(object, 19, 21), "no record is settled twice");
  ASSERT_TRUE(settle(object, 0, 10).has_value());
  EXPECT_DEATH((void)settle(object, 19, 21), "no record is settled twice");
  Request request;
  add_segment(request, object, 20, 25);
  request.segments[0].end_record = 26;
  EXPECT_DEATH((void)settle(request), "every record of a segment has its fate");
  EXPECT_DEATH((void)ledger.finish(*object, 19, ObjectStatus::done),
               "no record is settled beyond the end");
}

}  // namespace
}  // namespace hecate
