// What a checkpoint promises: it remembers, it survives, it is never shared, and a full disk is
// said to be one. Damage has a file of its own (sqlite_checkpoint_damage_test.cc).
#include "batch/sqlite_checkpoint.h"

#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch/checkpoint_reader.h"
#include "tests/unit/batch/file_size_limit.h"
#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::FileSizeLimit;
using test::mode_of;
using test::TempFolder;
using Start = SqliteCheckpoint::Start;

const CheckpointJob job{"/logs/a\n/logs/b", "http://splunk:8088/services/collector/event"};

Result<std::unique_ptr<SqliteCheckpoint>> open(const std::string& path,
                                               Start start = Start::resume) {
  return SqliteCheckpoint::open(path, job, start, 1000);
}

ObjectState state(const std::string& uri, ObjectStatus status = ObjectStatus::partial,
                  std::uint64_t records = 7) {
  return {.uri = uri,
          .identity = "10-99",
          .status = status,
          .records_settled = records,
          .events_delivered = 5,
          .events_filtered = 1,
          .events_dead_lettered = 1,
          .last_error = status == ObjectStatus::done ? "" : "cut short at byte 9"};
}

TEST(SqliteCheckpoint, gives_back_every_value_it_saved_also_after_opening_anew) {
  const TempFolder folder;
  const ObjectState saved = state("/logs/a/\xff odd 'name'", ObjectStatus::failed, 1ULL << 40);
  {
    auto checkpoint = open(folder / "c");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    ASSERT_TRUE((*checkpoint)->save(std::vector{saved}));
  }
  auto checkpoint = open(folder / "c");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  auto loaded = (*checkpoint)->load(saved.uri, saved.identity);
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->uri, saved.uri);
  EXPECT_EQ((*loaded)->identity, saved.identity);
  EXPECT_EQ((*loaded)->status, saved.status);
  EXPECT_EQ((*loaded)->records_settled, saved.records_settled);
  EXPECT_EQ((*loaded)->events_delivered, 5U);
  EXPECT_EQ((*loaded)->events_filtered, 1U);
  EXPECT_EQ((*loaded)->events_dead_lettered, 1U);
  EXPECT_EQ((*loaded)->last_error, saved.last_error);
}

TEST(SqliteCheckpoint, knows_an_object_only_by_uri_and_identity_together) {
  const TempFolder folder;
  auto checkpoint = open(folder / "c");
  ASSERT_TRUE(checkpoint);
  ASSERT_TRUE((*checkpoint)->save(std::vector{state("/a")}));
  auto other_identity = (*checkpoint)->load("/a", "11-99");
  ASSERT_TRUE(other_identity);
  EXPECT_FALSE(*other_identity);
  auto other_uri = (*checkpoint)->load("/b", "10-99");
  ASSERT_TRUE(other_uri);
  EXPECT_FALSE(*other_uri);
}

TEST(SqliteCheckpoint, replaces_the_state_of_an_object) {
  const TempFolder folder;
  auto checkpoint = open(folder / "c");
  ASSERT_TRUE(checkpoint);
  ASSERT_TRUE((*checkpoint)->save(std::vector{state("/a", ObjectStatus::partial, 1)}));
  ASSERT_TRUE((*checkpoint)->save(std::vector{state("/a", ObjectStatus::done, 2)}));
  auto loaded = (*checkpoint)->load("/a", "10-99");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->status, ObjectStatus::done);
  EXPECT_EQ((*loaded)->records_settled, 2U);
}

TEST(SqliteCheckpoint, is_for_its_owner_only) {
  const TempFolder folder;
  const mode_t mask = ::umask(0);
  auto checkpoint = open(folder / "new/deep/c");
  ::umask(mask);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  ASSERT_TRUE((*checkpoint)->save(std::vector{state("/a")}));
  EXPECT_EQ(mode_of(folder / "new"), 0700U);
  EXPECT_EQ(mode_of(folder / "new/deep"), 0700U);
  for (const char* file : {"c", "c-wal", "c-shm", "c.lock"})
    EXPECT_EQ(mode_of(folder / "new/deep/" + file), 0600U) << file;
}

TEST(SqliteCheckpoint, refuses_a_second_run_and_names_the_first) {
  const TempFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto checkpoint = open(folder / "c");
    const char ok = checkpoint ? '1' : '0';
    if (::write(ready[1], &ok, 1) == 1) ::pause();
    ::_exit(0);
  }
  char ok = 0;
  ASSERT_EQ(::read(ready[0], &ok, 1), 1);
  ASSERT_EQ(ok, '1');
  for (const Start start : {Start::resume, Start::fresh}) {
    auto second = open(folder / "c", start);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::locked);
    EXPECT_NE(second.error().message.find("process " + std::to_string(child)), std::string::npos)
        << second.error().message;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(open(folder / "c")) << "the lock goes with its holder, however that ends";
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(SqliteCheckpoint, is_locked_through_a_symbolic_link_too) {
  const TempFolder folder;
  auto first = open(folder / "c");
  ASSERT_TRUE(first);
  std::filesystem::create_symlink(folder / "c", folder / "link");
  auto second = open(folder / "link");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::locked);
}

// The child reports each save that returned; then it is killed in the middle of the next ones.
TEST(SqliteCheckpoint, keeps_every_save_that_returned_before_a_kill) {
  const TempFolder folder;
  constexpr int kills = 20;
  int survived = -1;
  for (int round = 0; round < kills; ++round) {
    int reports[2];
    ASSERT_EQ(::pipe(reports), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto checkpoint = open(folder / "c");
      for (int i = survived + 1; checkpoint; ++i) {
        const std::vector states{state("/a/" + std::to_string(i), ObjectStatus::done),
                                 state("/b/" + std::to_string(i), ObjectStatus::done)};
        if (!(*checkpoint)->save(states)) break;
        if (::write(reports[1], &i, sizeof i) != sizeof i) break;
      }
      ::_exit(1);
    }
    ::close(reports[1]);
    int last = survived;
    for (int i = 0; i < 3 + round * 7; ++i) ASSERT_EQ(::read(reports[0], &last, sizeof last), 4);
    ::kill(child, SIGKILL);
    while (::read(reports[0], &last, sizeof last) == sizeof last) {
    }
    ::close(reports[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GT(last, survived);
    survived = last;
    auto checkpoint = open(folder / "c");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    for (int i = 0; i <= survived; ++i) {
      auto a = (*checkpoint)->load("/a/" + std::to_string(i), "10-99");
      auto b = (*checkpoint)->load("/b/" + std::to_string(i), "10-99");
      ASSERT_TRUE(a && *a && b && *b) << "object " << i << " of " << survived;
    }
  }
}

TEST(SqliteCheckpoint, starts_anew_only_when_told_to) {
  const TempFolder folder;
  ASSERT_TRUE((*open(folder / "c"))->save(std::vector{state("/a")}));
  auto fresh = open(folder / "c", Start::fresh);
  ASSERT_TRUE(fresh) << fresh.error().message;
  auto loaded = (*fresh)->load("/a", "10-99");
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(*loaded);
}

TEST(SqliteCheckpoint, never_throws_away_a_file_that_is_no_checkpoint) {
  const TempFolder folder;
  const std::string file = folder.file("precious.txt", std::string(500, 'p'));
  auto fresh = open(file, Start::fresh);
  ASSERT_FALSE(fresh);
  EXPECT_EQ(fresh.error().code, Errc::corrupt_state);
  EXPECT_EQ(test::read_all(file), std::string(500, 'p'));
}

TEST(SqliteCheckpoint, refuses_the_checkpoint_of_another_job) {
  const TempFolder folder;
  ASSERT_TRUE(open(folder / "c"));
  auto other =
      SqliteCheckpoint::open(folder / "c", {"/logs/else", job.destination}, Start::resume, 1000);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::corrupt_state);
  EXPECT_NE(other.error().message.find("/logs/a /logs/b"), std::string::npos);
  EXPECT_NE(other.error().message.find("--checkpoint"), std::string::npos);
  EXPECT_TRUE(open(folder / "c")) << "refusing changes nothing";
}

TEST(SqliteCheckpoint, counts_dead_letters_until_a_run_finishes) {
  const TempFolder folder;
  {
    auto checkpoint = open(folder / "c");
    ASSERT_TRUE(checkpoint);
    auto run = (*checkpoint)->begin_run(2000);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->number, 1U);
    EXPECT_FALSE(run->earlier_unfinished);
    EXPECT_EQ(run->dead_letters_open, 0U);
    // One event of each, and the failed object itself.
    ASSERT_TRUE((*checkpoint)
                    ->save(std::vector{state("/a", ObjectStatus::failed),
                                       state("/b", ObjectStatus::done)}));
  }
  {
    auto checkpoint = open(folder / "c");
    ASSERT_TRUE(checkpoint);
    auto run = (*checkpoint)->begin_run(3000);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->number, 2U);
    EXPECT_TRUE(run->earlier_unfinished);
    EXPECT_EQ(run->dead_letters_open, 3U);
    ASSERT_TRUE((*checkpoint)->finish_run(4000));
  }
  auto checkpoint = open(folder / "c");
  ASSERT_TRUE(checkpoint);
  auto run = (*checkpoint)->begin_run(5000);
  ASSERT_TRUE(run);
  EXPECT_FALSE(run->earlier_unfinished);
  EXPECT_EQ(run->dead_letters_open, 0U);
  auto open_now = (*checkpoint)->dead_letters_open();
  ASSERT_TRUE(open_now);
  EXPECT_EQ(*open_now, 0U);
}

TEST(SqliteCheckpoint, says_storage_when_the_disk_is_full_and_goes_on_afterwards) {
  const TempFolder folder;
  auto checkpoint = open(folder / "c");
  ASSERT_TRUE(checkpoint);
  ASSERT_TRUE((*checkpoint)->save(std::vector{state("/kept")}));
  std::vector<ObjectState> many;
  for (int i = 0; i < 5000; ++i) many.push_back(state("/many/" + std::to_string(i)));
  {
    const FileSizeLimit full(100 * 1024);
    const Status saved = (*checkpoint)->save(many);
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, Errc::storage) << saved.error().message;
    EXPECT_NE(saved.error().message.find(folder / "c"), std::string::npos) << saved.error().message;
    auto none = (*checkpoint)->load("/many/0", "10-99");
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_FALSE(*none) << "all of a save, or nothing";
  }
  ASSERT_TRUE((*checkpoint)->save(many));
  auto kept = (*checkpoint)->load("/kept", "10-99");
  ASSERT_TRUE(kept);
  EXPECT_TRUE(*kept);
}

TEST(SqliteCheckpoint, says_storage_when_it_cannot_be_created) {
  const TempFolder folder;
  {
    const FileSizeLimit full(0);
    auto checkpoint = open(folder / "c");
    ASSERT_FALSE(checkpoint);
    EXPECT_EQ(checkpoint.error().code, Errc::storage) << checkpoint.error().message;
  }
  EXPECT_TRUE(open(folder / "c")) << "a creation that failed leaves nothing in the way";
  folder.file("plain");
  auto under_a_file = open(folder / "plain/c");
  ASSERT_FALSE(under_a_file);
  EXPECT_EQ(under_a_file.error().code, Errc::storage);
}

TEST(CheckpointReader, sums_up_and_lists_while_a_run_writes) {
  const TempFolder folder;
  auto checkpoint = open(folder / "c");
  ASSERT_TRUE(checkpoint);
  ASSERT_TRUE((*checkpoint)->begin_run(2000));
  for (int i = 0; i < 20; ++i) {
    ObjectState failed = state("/f/" + std::to_string(i), ObjectStatus::failed);
    failed.last_error = "error " + std::to_string(i);
    ASSERT_TRUE((*checkpoint)->save(std::vector{failed}));
  }
  ASSERT_TRUE(
      (*checkpoint)
          ->save(std::vector{state("/a", ObjectStatus::done), state("/b", ObjectStatus::partial)}));
  ObjectState unread = state("/c", ObjectStatus::unread);
  ASSERT_TRUE((*checkpoint)->save(std::vector{unread}));

  auto reader = CheckpointReader::open(folder / "c");
  ASSERT_TRUE(reader) << reader.error().message;
  auto summary = reader->summary(3);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->job, job);
  EXPECT_EQ(summary->created_ms, 1000);
  EXPECT_EQ(summary->run_begun_ms, 2000);
  EXPECT_EQ(summary->run_finished_ms, 0);
  EXPECT_EQ(summary->runs, 1U);
  EXPECT_EQ(summary->objects_done, 1U);
  EXPECT_EQ(summary->objects_partial, 1U);
  EXPECT_EQ(summary->objects_failed, 20U);
  EXPECT_EQ(summary->objects_unread, 1U);
  EXPECT_EQ(summary->events_delivered, 23U * 5);
  EXPECT_EQ(summary->events_dead_lettered, 23U);
  EXPECT_EQ(summary->dead_letters_open, 43U);
  ASSERT_EQ(summary->last_errors.size(), 3U);
  EXPECT_EQ(summary->last_errors[0].uri, "/c");
  EXPECT_EQ(summary->last_errors[1].uri, "/b");
  EXPECT_EQ(summary->last_errors[2].last_error, "error 19");

  std::vector<std::string> uris;
  ASSERT_TRUE(reader->list([&](const ObjectState& object) {
    uris.push_back(object.uri);
    return uris.size() < 4;
  }));
  EXPECT_EQ(uris, (std::vector<std::string>{"/a", "/b", "/c", "/f/0"}));
}

TEST(CheckpointReader, leaves_no_trace_beside_a_finished_checkpoint) {
  const TempFolder folder;
  ASSERT_TRUE((*open(folder / "c"))->save(std::vector{state("/a")}));
  ASSERT_TRUE(CheckpointReader::open(folder / "c")->summary());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"c", "c.lock"}));
}

TEST(CheckpointReader, says_not_found_for_a_checkpoint_that_is_not_there) {
  const TempFolder folder;
  auto reader = CheckpointReader::open(folder / "none");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::not_found);
}

}  // namespace
}  // namespace hecate
