// Dead letters become batches: what is in them, how it is numbered, resumed, and what is told.
#include "stages/replay_pipeline.h"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/base64_text.h"
#include "tests/support/cloudwatch_text.h"
#include "tests/support/compressed.h"
#include "tests/support/memory_reader.h"

namespace hecate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string own(std::string_view event) {
  return fmt::format(R"({{"reason":"hec_rejected","origin":{{"uri":"/a","record":1}},"event":{}}})",
                     event) +
         "\n";
}
std::string firehose(std::string_view bytes) {
  return fmt::format(R"({{"attemptsMade":1,"arrivalTimestamp":1706745600123,"rawData":"{}"}})",
                     base64_text(bytes)) +
         "\n";
}
std::string invocation(std::string_view bytes) {
  return fmt::format(R"({{"requestPayload":{{"awslogs":{{"data":"{}"}}}}}})", base64_text(bytes)) +
         "\n";
}
std::string document(std::uint64_t number, std::size_t events) {
  return as_aws_writes(sample_document(number, events));
}

struct Replayed {
  std::vector<std::string> events;  // kept ones, as encoded, without their newlines
  std::vector<std::string> fates;   // "k", "f" or "r" of every record
  std::vector<std::string> notices;
  std::optional<Error> error;
  std::uint64_t records = 0;
};

class ReplayPipelineTest : public testing::Test {
 protected:
  Replayed replay(const std::string& text, std::uint64_t resume_from = 0,
                  Pieces pieces = Pieces::whole()) {
    Replayed out;
    std::vector<ConfigProblem> problems;
    const LogPipelineShared shared =
        share_log_pipeline(std::make_shared<const Config>(config_), nullptr, problems);
    EXPECT_THAT(problems, IsEmpty());
    ReplayPipeline pipeline(make_log_pipeline(shared, {}),
                            [&out](std::string_view notice) { out.notices.emplace_back(notice); });
    MemoryReader reader(text, std::move(pieces));
    if (Status opened = pipeline.open(envelope_, reader, resume_from); !opened) {
      out.error = opened.error();
      return out;
    }
    Batch batch;
    while (true) {
      const Result<bool> more = pipeline.next(batch);
      if (!more) out.error = more.error();
      if (!more || !*more) break;
      take(batch, out);
    }
    out.records = pipeline.records();
    EXPECT_EQ(out.records, out.fates.size());
    return out;
  }

  static void take(const Batch& batch, Replayed& out) {
    EXPECT_LE(batch.events.size(), limits::batch_events_max);
    EXPECT_EQ(batch.first_record, out.fates.size()) << "records are numbered through";
    ASSERT_EQ(batch.encoded_ends.size(), batch.events.size());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      const Fate fate = batch.events[i].fate;
      out.fates.push_back(fate == Fate::keep ? "k" : fate == Fate::resumed ? "r" : "f");
      const std::size_t end = batch.encoded_ends[i];
      if (fate == Fate::keep) {
        EXPECT_EQ(batch.encoded.view(end - 1, 1), "\n");
        out.events.emplace_back(batch.encoded.view(begin, end - begin - 1));
      }
      begin = end;
    }
  }

  static std::string id_of(std::string_view event) {
    const std::size_t at = event.find("\"event_id\":\"") + 12;
    return std::string(event.substr(at, event.find('"', at) - at));
  }

  Config config_;
  Envelope envelope_{"/dead/letters", "10-99", "dead", 1'700'000'000'000, 0};
};

TEST_F(ReplayPipelineTest, own_events_pass_byte_for_byte) {
  const std::string event = R"({"time":1.50, "event":"\u00e4 \"x\"","fields":{"event_id":"abc"}})";
  const Replayed got = replay(own(event) + own("{\"event\":{}}"));
  EXPECT_THAT(got.events, ElementsAre(event, "{\"event\":{}}"));
  EXPECT_FALSE(got.error);
}

TEST_F(ReplayPipelineTest, an_event_kept_over_several_lines_is_sent_on_one) {
  EXPECT_THAT(replay(own("{\r\n \"event\":\n 1}")).events, ElementsAre("{   \"event\":  1}"));
}

TEST_F(ReplayPipelineTest, documents_inside_go_through_the_log_pipeline) {
  const Replayed got =
      replay(own("{\"event\":1}") + firehose(gzip_member(document(1, 3))) + own("{\"event\":2}") +
             invocation(gzip_member(document(2, 2))) + firehose(document(3, 1)));
  EXPECT_FALSE(got.error) << got.error->message;
  ASSERT_THAT(got.fates, SizeIs(8));
  ASSERT_GE(got.events.size(), 6U);
  EXPECT_EQ(got.events.front(), "{\"event\":1}");
  EXPECT_THAT(got.events[1], HasSubstr("\"host\":\"stream-1\""));
  EXPECT_THAT(got.events.back(), HasSubstr("\"host\":\"stream-3\""));
}

TEST_F(ReplayPipelineTest, cloudwatchs_ids_do_not_depend_on_the_wrapping) {
  const std::string bytes = document(1, 2);
  std::set<std::string> ids;
  for (const std::string& text : {firehose(bytes), firehose(gzip_member(bytes)),
                                  own("{\"event\":1}") + invocation(gzip_member(bytes))})
    ids.insert(id_of(replay(text).events.back()));
  EXPECT_THAT(ids, SizeIs(1));
}

TEST_F(ReplayPipelineTest, text_without_ids_gets_the_same_ones_each_time_and_no_two_alike) {
  for (const EventIdShape shape : {EventIdShape::short_id, EventIdShape::full}) {
    config_.hec.event_id = shape;
    const std::string text = firehose("one\ntwo\n") + firehose("one\ntwo\n");
    const Replayed first = replay(text);
    ASSERT_THAT(first.events, SizeIs(4));
    EXPECT_THAT(first.events[0], HasSubstr("\"time\":1706745600.123"));
    std::set<std::string> ids;
    for (const std::string& event : first.events) ids.insert(id_of(event));
    EXPECT_THAT(ids, SizeIs(4));
    EXPECT_EQ(replay(text, 0, Pieces::of(7)).events, first.events);
  }
}

TEST_F(ReplayPipelineTest, hec_events_inside_pass_as_they_are) {
  const Replayed got = replay(firehose("{\"event\":1}{\"event\":2.50}\n\n{\"event\":\n3}"));
  EXPECT_THAT(got.events, ElementsAre("{\"event\":1}", "{\"event\":2.50}", "{\"event\": 3}"));
  EXPECT_FALSE(got.error);
}

TEST_F(ReplayPipelineTest, json_lines_inside_are_no_hec_events) {
  const Replayed got = replay(firehose("{\"event\":1,\"message\":\"x\"}\n{\"a\":2}\n"));
  ASSERT_THAT(got.events, SizeIs(2));
  EXPECT_THAT(got.events[0], HasSubstr(R"("event":"{\"event\":1,\"message\":\"x\"}")"));
}

TEST_F(ReplayPipelineTest, resumes_at_any_record) {
  const std::string text = own("{\"event\":1}") + own("{\"event\":2}") +
                           firehose(gzip_member(document(1, 7))) +
                           firehose("{\"event\":10}{\"event\":11}{\"event\":12}") +
                           firehose("a\nb\nc\n") + own("{\"event\":16}");
  const Replayed whole = replay(text);
  ASSERT_FALSE(whole.error);
  for (std::uint64_t from = 0; from <= whole.records; ++from) {
    const Replayed rest = replay(text, from, Pieces::of(11));
    ASSERT_EQ(rest.records, whole.records);
    std::size_t kept_before = 0;
    for (std::uint64_t i = 0; i < whole.records; ++i) {
      EXPECT_EQ(rest.fates[i], i < from ? "r" : whole.fates[i]) << i << " from " << from;
      kept_before += i < from && whole.fates[i] == "k" ? 1 : 0;
    }
    EXPECT_EQ(rest.events, std::vector<std::string>(
                               whole.events.begin() + static_cast<std::ptrdiff_t>(kept_before),
                               whole.events.end()))
        << from;
  }
}

TEST_F(ReplayPipelineTest, damage_is_named_and_costs_only_itself) {
  const std::string cut = gzip_member(document(1, 3));
  const Replayed got = replay(
      own("{\"event\":1}") + "{\"reason\":\n" + own("{\"event\":2}") +
      firehose(cut.substr(0, cut.size() - 9)) + own("{\"event\":3}") + "{\"rawData\":\"****\"}\n" +
      firehose("{\"event\":4}{\"a\":5}{\"event\":6}") + invocation("") + own("{\"event\":7}"));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_document);
  EXPECT_THAT(got.error->message, HasSubstr("5 of its 9 dead letters"));
  EXPECT_THAT(got.error->message, HasSubstr("line 2"));
  std::vector<std::string> plain;
  for (const std::string& event : got.events)
    if (event.size() < 15) plain.push_back(event);
  EXPECT_THAT(plain, ElementsAre("{\"event\":1}", "{\"event\":2}", "{\"event\":3}", "{\"event\":4}",
                                 "{\"event\":6}", "{\"event\":7}"));
  ASSERT_THAT(got.notices, SizeIs(5));
  for (const auto& [at, line] : {std::pair{0, 2}, {1, 4}, {2, 6}, {3, 7}, {4, 8}})
    EXPECT_THAT(got.notices[static_cast<std::size_t>(at)],
                testing::StartsWith(fmt::format("/dead/letters:{}: ", line)));
}

TEST_F(ReplayPipelineTest, whole_objects_are_named_with_what_to_do) {
  const Replayed got =
      replay(own("{\"event\":1}") + R"({"reason":"bad_object","origin":{"uri":"/in/x.gz"}})");
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_document);
  EXPECT_THAT(got.events, SizeIs(1));
  ASSERT_THAT(got.notices, SizeIs(1));
  EXPECT_THAT(got.notices[0], HasSubstr("/in/x.gz was dead-lettered as a whole (bad_object)"));
  EXPECT_THAT(got.notices[0], HasSubstr("backfill it"));
}

TEST_F(ReplayPipelineTest, names_only_the_first_of_many) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"level\":\"info\"}\n";
  const Replayed got = replay(text);
  EXPECT_THAT(got.notices, SizeIs(ReplayPipeline::named_max));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_object) << "there was no dead letter at all";
}

TEST_F(ReplayPipelineTest, many_letters_come_in_several_batches) {
  std::string text;
  for (std::size_t i = 0; i < 2 * limits::batch_events_max + 1; ++i)
    text += own(fmt::format("{{\"event\":{}}}", i));
  const Replayed got = replay(text);
  EXPECT_FALSE(got.error);
  EXPECT_THAT(got.events, SizeIs(2 * limits::batch_events_max + 1));
}

TEST_F(ReplayPipelineTest, compressed_files_are_read_and_their_damage_told) {
  const std::string text = own("{\"event\":1}") + own("{\"event\":2}");
  EXPECT_THAT(replay(gzip_member(text)).events, SizeIs(2));
  EXPECT_THAT(replay(gzip_member(text) + gzip_member(text)).events, SizeIs(4));
  EXPECT_THAT(replay(zstd_frame(text)).events, SizeIs(2));
  const std::string packed = gzip_member(text);
  const Replayed cut = replay(packed.substr(0, packed.size() - 4));
  ASSERT_TRUE(cut.error);
  EXPECT_EQ(cut.error->code, Errc::bad_object);
  EXPECT_THAT(cut.events, SizeIs(2));
}

TEST_F(ReplayPipelineTest, nothing_yields_nothing) {
  EXPECT_FALSE(replay("").error);
  EXPECT_FALSE(replay("\n\n").error);
}

TEST_F(ReplayPipelineTest, the_next_object_starts_anew) {
  std::vector<ConfigProblem> problems;
  const LogPipelineShared shared =
      share_log_pipeline(std::make_shared<const Config>(), nullptr, problems);
  ReplayPipeline pipeline(make_log_pipeline(shared, {}), {});
  Batch batch;
  for (int round = 0; round < 3; ++round) {
    // The second round stops in the middle of a dead letter.
    MemoryReader reader("{\"x\":1}\n" + firehose("{\"event\":1}{\"event\":2}") +
                        firehose("a\nb\n"));
    ASSERT_TRUE(pipeline.open(envelope_, reader, 0));
    ASSERT_TRUE(pipeline.next(batch).value());
    EXPECT_EQ(batch.events.size(), 2U);
    EXPECT_EQ(batch.first_record, 0U);
    if (round == 1) continue;
    ASSERT_TRUE(pipeline.next(batch).value());
    EXPECT_EQ(batch.first_record, 2U);
    EXPECT_FALSE(pipeline.next(batch));
    EXPECT_EQ(pipeline.records(), 4U);
  }
}

}  // namespace
}  // namespace hecate
