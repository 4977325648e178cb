// What `hecate status` says of a checkpoint: every count, the last errors, and harmless text.
#include "batch/status.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "batch/sqlite_checkpoint.h"
#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::TempFolder;
using testing::HasSubstr;
using testing::Not;

ObjectState state(const std::string& uri, ObjectStatus status, std::string error = {}) {
  return {.uri = uri,
          .identity = "10-99",
          .status = status,
          .records_settled = 1008,
          .events_delivered = 1000,
          .events_filtered = 5,
          .events_dead_lettered = 3,
          .last_error = std::move(error)};
}

/// A checkpoint with an object in each status, its run finished or not.
std::string checkpoint_in(const TempFolder& folder, const CheckpointJob& job,
                          bool finished = true) {
  const std::string path = folder / "c";
  auto checkpoint =
      SqliteCheckpoint::open(path, job, SqliteCheckpoint::Start::resume, 1'706'745'600'000);
  EXPECT_TRUE(checkpoint && (*checkpoint)->begin_run(1'706'745'601'000));
  EXPECT_TRUE((*checkpoint)
                  ->save(std::vector{
                      state("/a \"quoted\"", ObjectStatus::done),
                      state("/b\x1b[31m", ObjectStatus::failed, "gzip CRC mismatch"),
                      state("/c", ObjectStatus::unread, "permission denied"),
                      state("/d", ObjectStatus::partial),
                  }));
  if (finished) {
    EXPECT_TRUE((*checkpoint)->finish_run(1'706'745'660'000));
  }
  return path;
}

std::string shown(StatusOptions options) {
  std::string out;
  const Status written = write_status(options, [&out](std::string_view text) { out += text; });
  EXPECT_TRUE(written) << written.error().message;
  return out;
}

const CheckpointJob backfill{"/logs/a\n/logs/b", "file:/out"};

TEST(CheckpointStatus, json_has_every_count_on_one_line) {
  const TempFolder folder;
  const std::string path = checkpoint_in(folder, backfill);
  const std::string failed =
      R"({"uri":"/b\u001b[31m","identity":"10-99","status":"failed","records_settled":1008,)"
      R"("events_delivered":1000,"events_filtered":5,"events_dead_lettered":3,)"
      R"("error":"gzip CRC mismatch"})";
  const std::string unread =
      R"({"uri":"/c","identity":"10-99","status":"unread","records_settled":1008,)"
      R"("events_delivered":1000,"events_filtered":5,"events_dead_lettered":3,)"
      R"("error":"permission denied"})";
  const std::string head =
      "{\"checkpoint\":\"" + path +
      R"(","command":"backfill","sources":["/logs/a","/logs/b"],"destinations":["file:/out"],)"
      R"("created":"2024-02-01T00:00:00Z","runs":1,"run_begun":"2024-02-01T00:00:01Z",)"
      R"("run_finished":"2024-02-01T00:01:00Z","objects_done":1,"objects_partial":1,)"
      R"("objects_failed":1,"objects_unread":1,"records_settled":4032,"events_delivered":4000,)"
      R"("events_filtered":20,"events_dead_lettered":12,"dead_letters_open":0,"last_errors":[)";
  EXPECT_EQ(shown({.checkpoint = path, .format = SummaryFormat::json}),
            head + unread + "," + failed + "]}\n");
  EXPECT_EQ(shown({.checkpoint = path, .errors_max = 1, .format = SummaryFormat::json}),
            head + unread + "]}\n");
}

TEST(CheckpointStatus, json_lists_every_object_when_asked) {
  const TempFolder folder;
  const std::string all = shown({.checkpoint = checkpoint_in(folder, backfill),
                                 .all = true,
                                 .errors_max = 0,
                                 .format = SummaryFormat::json});
  EXPECT_THAT(all, HasSubstr(R"("last_errors":[],"objects":[{"uri":"/a \"quoted\"",)"));
  EXPECT_THAT(all, HasSubstr(R"("status":"done")"));
  EXPECT_THAT(all, HasSubstr(R"("error":null},{"uri":"/b\u001b[31m")"));
  EXPECT_THAT(all, testing::EndsWith(R"("error":null}]})"
                                     "\n"));
}

TEST(CheckpointStatus, text_tells_people_the_same_and_cannot_harm_their_terminal) {
  const TempFolder folder;
  const std::string path = checkpoint_in(folder, backfill);
  const std::string text = shown({.checkpoint = path});
  EXPECT_THAT(text, HasSubstr("1 done, 1 partial, 1 failed, 1 unread"));
  EXPECT_THAT(text, HasSubstr("4,000 delivered, 20 filtered, 12 dead-lettered"));
  EXPECT_THAT(text, HasSubstr("/logs/b"));
  EXPECT_THAT(text, HasSubstr("/b?[31m: gzip CRC mismatch"));
  EXPECT_THAT(text, Not(HasSubstr("/d")));
  EXPECT_LT(text.find("permission denied"), text.find("gzip CRC")) << "latest first";
  const std::string all = shown({.checkpoint = path, .all = true});
  EXPECT_THAT(all, HasSubstr("/d"));
  EXPECT_THAT(all, Not(HasSubstr("\x1b")));
}

TEST(CheckpointStatus, a_run_that_did_not_finish_goes_on) {
  const TempFolder folder;
  const std::string path = checkpoint_in(folder, backfill, false);
  EXPECT_THAT(shown({.checkpoint = path}), HasSubstr("'hecate backfill' command goes on"));
  const std::string json = shown({.checkpoint = path, .format = SummaryFormat::json});
  EXPECT_THAT(json, HasSubstr("\"run_finished\":null"));
  EXPECT_THAT(json, HasSubstr("\"dead_letters_open\":13")) << "12 events and an object";
}

TEST(CheckpointStatus, names_the_command_whose_checkpoint_it_is) {
  const TempFolder folder;
  const std::string path = checkpoint_in(folder, {"replay:\n/dead", "file:/out"}, false);
  EXPECT_THAT(shown({.checkpoint = path, .format = SummaryFormat::json}),
              HasSubstr(R"("command":"replay","sources":["/dead"])"));
  EXPECT_THAT(shown({.checkpoint = path}), HasSubstr("'hecate replay' command goes on"));
}

TEST(CheckpointStatus, a_file_that_is_not_there_and_one_that_is_damaged_are_two_things) {
  const TempFolder folder;
  const TextSink nowhere = [](std::string_view text) { ADD_FAILURE() << text; };
  const Status missing = write_status({.checkpoint = folder / "none"}, nowhere);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  const Status foreign =
      write_status({.checkpoint = folder.file("text", "no checkpoint")}, nowhere);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::corrupt_state);
  EXPECT_EQ(run_status({.checkpoint = folder / "none"}), ExitStatus::usage);
  EXPECT_EQ(run_status({.checkpoint = folder / "text"}), ExitStatus::stopped);
}

}  // namespace
}  // namespace hecate
