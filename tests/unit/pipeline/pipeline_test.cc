// A source and stages wired together: order, failures, and reaching the parts.
#include "pipeline/pipeline.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hecate {
namespace {

using Calls = std::vector<std::string>;

/// Yields `batches` batches, then `end`.
struct CountingSource {
  static constexpr const char* name = "source";
  static constexpr Phase to = Phase::parsed;
  Calls* calls = nullptr;
  int batches = 0;
  bool fails = false;
  Result<bool> next(Batch& batch) {
    calls->emplace_back("source");
    batch.clear();
    if (batches-- > 0) {
      batch.events.emplace_back();
      return true;
    }
    if (fails) return fail(Errc::bad_object, "damaged");
    return false;
  }
};

template <Phase at>
struct RecordingStage {
  static constexpr const char* name = "recording";
  static constexpr Phase from = at;
  static constexpr Phase to = static_cast<Phase>(static_cast<int>(at) + 1);
  Calls* calls = nullptr;
  bool fails = false;
  Status process(Batch& batch) {
    EXPECT_EQ(batch.events.size(), 1U);
    calls->push_back("stage" + std::to_string(static_cast<int>(at)));
    if (fails) return fail(Errc::internal, "stage failed");
    return {};
  }
};
using First = RecordingStage<Phase::parsed>;
using Second = RecordingStage<Phase::unescaped>;
using Third = RecordingStage<Phase::classified>;

std::string next(auto& pipeline, Batch& batch) {
  const Result<bool> more = pipeline.next(batch);
  if (!more) return more.error().message;
  return *more ? "batch" : "end";
}

TEST(Pipeline, runs_every_batch_through_the_stages_in_order) {
  Calls calls;
  Pipeline pipeline(CountingSource{&calls, 2}, First{&calls}, Second{&calls}, Third{&calls});
  Batch batch;
  EXPECT_EQ(next(pipeline, batch), "batch");
  EXPECT_EQ(calls, (Calls{"source", "stage0", "stage1", "stage2"}));
  EXPECT_EQ(next(pipeline, batch), "batch");
  calls.clear();
  EXPECT_EQ(next(pipeline, batch), "end");
  EXPECT_EQ(calls, (Calls{"source"})) << "stages never see the end";
}

TEST(Pipeline, stops_at_the_first_stage_that_fails_and_says_why) {
  Calls calls;
  Pipeline pipeline(CountingSource{&calls, 1}, First{&calls}, Second{&calls, true}, Third{&calls});
  Batch batch;
  const Result<bool> more = pipeline.next(batch);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::internal);
  EXPECT_EQ(more.error().message, "stage failed");
  EXPECT_EQ(calls, (Calls{"source", "stage0", "stage1"}));
}

TEST(Pipeline, passes_on_what_the_source_failed_with) {
  Calls calls;
  Pipeline pipeline(CountingSource{&calls, 0, true}, First{&calls});
  Batch batch;
  const Result<bool> more = pipeline.next(batch);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::bad_object);
  EXPECT_EQ(calls, (Calls{"source"}));
}

TEST(Pipeline, is_a_source_with_nothing_behind_it) {
  Calls calls;
  Pipeline pipeline(CountingSource{&calls, 1});
  Batch batch;
  EXPECT_EQ(next(pipeline, batch), "batch");
  EXPECT_EQ(next(pipeline, batch), "end");
}

TEST(Pipeline, gives_access_to_its_parts_and_moves_with_them) {
  Calls calls;
  Pipeline pipeline(CountingSource{&calls, 0}, First{&calls}, Second{&calls});
  pipeline.source().batches = 1;
  pipeline.stage<Second>().fails = true;
  Pipeline moved = std::move(pipeline);
  Batch batch;
  EXPECT_EQ(next(moved, batch), "stage failed");
}

// What must not compile is in tests/compile_fail; this is the rule behind it.
static_assert(detail::wired<Phase::parsed, First, Second, Third>());
static_assert(detail::wired<Phase::classified>());
static_assert(!detail::wired<Phase::parsed, Second>());
static_assert(!detail::wired<Phase::parsed, First, Third>());
static_assert(!detail::wired<Phase::parsed, Second, First>());

}  // namespace
}  // namespace hecate
