// The ledger against a simple model: random objects, requests that span them, settlements in any
// order, and crashes at any moment. After every step the store must hold exactly the model's
// prefix, and in the end every record must have been settled.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/checkpoint.h"
#include "pipeline/request.h"
#include "tests/support/fake_checkpoint_store.h"
#include "tests/support/proofs.h"

namespace hecate {
namespace {

enum class RecordFate : std::uint8_t { open, delivered, filtered, dead };

/// One object as the model sees it: a fate per record.
struct ModelObject {
  std::string uri;
  std::vector<RecordFate> fates;
  std::shared_ptr<ObjectProgress> object;
  std::uint64_t read = 0;  // records put into requests by this run
  bool finished = false;

  [[nodiscard]] std::uint64_t prefix() const {
    const auto gap = std::find(fates.begin(), fates.end(), RecordFate::open);
    return static_cast<std::uint64_t>(gap - fates.begin());
  }
  [[nodiscard]] std::uint64_t count(RecordFate fate) const {
    const auto end = fates.begin() + static_cast<std::ptrdiff_t>(prefix());
    return static_cast<std::uint64_t>(std::count(fates.begin(), end, fate));
  }
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    objects_.resize(1 + below(6));
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      objects_[i].uri = "object" + std::to_string(i);
      objects_[i].fates.resize(below(60));
    }
  }

  void run() {
    for (int crashes = 0; crashes < 4; ++crashes) {
      start();
      const std::uint64_t steps = crashes == 3 ? 100'000 : below(60);
      for (std::uint64_t step = 0; step < steps && !complete(); ++step) act();
      if (crashes == 3) {
        ASSERT_TRUE(ledger_->flush().has_value());
      }
      crash();
      if (testing::Test::HasFailure()) return;
    }
    for (const ModelObject& model : objects_) {
      const auto state = store_.find(model.uri);
      ASSERT_TRUE(state.has_value()) << model.uri;
      EXPECT_EQ(state->status, ObjectStatus::done);
      EXPECT_EQ(state->records_settled, model.fates.size());
    }
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void start() {
    metrics_ = std::make_unique<Metrics>();
    ledger_ = std::make_unique<Ledger>(&store_, *metrics_);
    for (ModelObject& model : objects_) {
      Envelope envelope;
      envelope.uri = model.uri;
      envelope.identity = "v1";
      auto opened = ledger_->open(envelope);
      ASSERT_TRUE(opened.has_value());
      model.object = *opened;
      model.finished = model.object == nullptr;
      model.read = model.finished ? model.fates.size() : model.object->resume_from();
      ASSERT_EQ(model.read, model.finished ? model.fates.size() : model.prefix());
    }
  }

  /// Everything that only memory knew is gone.
  void crash() {
    in_flight_.clear();
    ledger_.reset();
    for (ModelObject& model : objects_) {
      model.object.reset();
      const auto state = store_.find(model.uri);
      const std::uint64_t saved = state ? state->records_settled : 0;
      std::fill(model.fates.begin() + static_cast<std::ptrdiff_t>(saved), model.fates.end(),
                RecordFate::open);
    }
  }

  [[nodiscard]] bool complete() const {
    return in_flight_.empty() && std::all_of(objects_.begin(), objects_.end(),
                                             [](const ModelObject& m) { return m.finished; });
  }

  void act() {
    if (!in_flight_.empty() && (in_flight_.size() > 8 || below(2) == 0))
      settle_one();
    else
      submit_one();
  }

  void submit_one() {
    auto request = std::make_unique<Request>();
    const std::uint64_t segments = 1 + below(3);
    for (std::uint64_t i = 0; i < segments; ++i) add_segment(*request, objects_[pick()]);
    if (!request->segments.empty()) in_flight_.push_back(std::move(request));
  }

  std::size_t pick() { return static_cast<std::size_t>(below(objects_.size())); }

  void add_segment(Request& request, ModelObject& model) {
    if (model.finished) return;
    const std::uint64_t left = model.fates.size() - model.read;
    const std::uint64_t records = left == 0 ? 0 : 1 + below(std::min<std::uint64_t>(left, 12));
    if (records > 0) {
      const std::uint64_t filtered = below(records + 1);
      const std::uint64_t dead = below(records - filtered + 1) / 2;
      const auto segment = static_cast<std::uint32_t>(request.segments.size());
      request.segments.push_back({model.object, model.read, model.read + records, filtered, dead});
      for (std::uint64_t i = filtered + dead; i < records; ++i) {
        request.events.push_back({0, segment, model.read + i});
      }
      model.read += records;
    }
    // Often right when it was read, sometimes after all was settled.
    if (model.read == model.fates.size() && below(3) > 0) {
      model.finished = true;
      const Status finished =
          ledger_->finish(*model.object, model.fates.size(), ObjectStatus::done);
      ASSERT_TRUE(finished.has_value());
    }
  }

  void settle_one() {
    const auto at = static_cast<std::ptrdiff_t>(below(in_flight_.size()));
    const std::unique_ptr<Request> request = std::move(in_flight_[static_cast<std::size_t>(at)]);
    in_flight_.erase(in_flight_.begin() + at);
    std::vector<std::uint32_t> dead;
    for (std::uint32_t i = 0; i < request->events.size(); ++i) {
      if (below(5) == 0) dead.push_back(i);
    }
    std::shuffle(dead.begin(), dead.end(), random_);
    const Status settled =
        ledger_->settle(*request, DeliveryForTests::delivered(request->events.size() - dead.size()),
                        DeliveryForTests::dead_lettered(dead.size()), dead);
    ASSERT_TRUE(settled.has_value());
    note(*request, dead);
    compare();
  }

  void note(const Request& request, const std::vector<std::uint32_t>& dead) {
    for (const Segment& segment : request.segments) {
      std::vector<RecordFate>& fates = model_of(segment).fates;
      for (std::uint64_t i = 0; i < segment.filtered + segment.dead_lettered; ++i) {
        fates[segment.first_record + i] =
            i < segment.filtered ? RecordFate::filtered : RecordFate::dead;
      }
    }
    for (const RequestEvent& event : request.events) {
      model_of(request.segments[event.segment]).fates[event.record] = RecordFate::delivered;
    }
    for (const std::uint32_t i : dead) {
      const RequestEvent& event = request.events[i];
      model_of(request.segments[event.segment]).fates[event.record] = RecordFate::dead;
    }
  }

  ModelObject& model_of(const Segment& segment) {
    return *std::find_if(objects_.begin(), objects_.end(),
                         [&](const ModelObject& m) { return m.object == segment.object; });
  }

  void compare() {
    for (const ModelObject& model : objects_) {
      const ObjectState state = store_.find(model.uri).value_or(ObjectState());
      EXPECT_EQ(state.records_settled, model.prefix()) << model.uri;
      EXPECT_EQ(state.events_delivered, model.count(RecordFate::delivered)) << model.uri;
      EXPECT_EQ(state.events_filtered, model.count(RecordFate::filtered)) << model.uri;
      EXPECT_EQ(state.events_dead_lettered, model.count(RecordFate::dead)) << model.uri;
    }
  }

  std::mt19937_64 random_;
  FakeCheckpointStore store_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<ModelObject> objects_;
  std::vector<std::unique_ptr<Request>> in_flight_;
};

TEST(CheckpointProperty, the_store_holds_the_models_prefix_after_every_step_and_crash) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).run();
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace hecate
