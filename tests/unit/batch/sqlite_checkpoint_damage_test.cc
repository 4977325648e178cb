// A damaged checkpoint is refused, or it tells the truth: it never says "nothing was done" and
// never says that more was done than was. Every length of the file and thousands of flipped bytes.
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "batch/checkpoint_reader.h"
#include "batch/sqlite_checkpoint.h"
#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::read_all;
using test::TempFolder;
using test::write_file;
using Start = SqliteCheckpoint::Start;

const CheckpointJob job{"/logs", "null:"};
constexpr int objects = 120;

std::string uri_of(int i) {
  return "/logs/2024/01/file-" + std::to_string(i) + ".gz";
}

void fill(const std::string& path) {
  auto checkpoint = SqliteCheckpoint::open(path, job, Start::resume, 1);
  ASSERT_TRUE(checkpoint);
  ASSERT_TRUE((*checkpoint)->begin_run(2));
  std::vector<ObjectState> states;
  for (int i = 0; i < objects; ++i)
    states.push_back({.uri = uri_of(i),
                      .identity = "1000-" + std::to_string(i),
                      .status = ObjectStatus::done,
                      .records_settled = 40,
                      .events_delivered = 40,
                      .last_error = {}});
  ASSERT_TRUE((*checkpoint)->save(states));
}

/// True: refused, with corrupt_state and advice. False: opened, and every object is as it was
/// saved. Fails the test for anything between.
bool refused_or_intact(const std::string& path, const std::string& what) {
  auto checkpoint = SqliteCheckpoint::open(path, job, Start::resume, 3);
  if (!checkpoint) {
    EXPECT_EQ(checkpoint.error().code, Errc::corrupt_state)
        << what << ": " << checkpoint.error().message;
    EXPECT_NE(checkpoint.error().message.find("--"), std::string::npos)
        << what << ": " << checkpoint.error().message;
    return true;
  }
  for (int i = 0; i < objects; ++i) {
    auto loaded = (*checkpoint)->load(uri_of(i), "1000-" + std::to_string(i));
    EXPECT_TRUE(loaded && *loaded) << what << ": object " << i << " was forgotten";
    if (!loaded || !*loaded) return false;
    EXPECT_EQ((*loaded)->records_settled, 40U) << what;
    EXPECT_EQ((*loaded)->status, ObjectStatus::done) << what;
  }
  return false;
}

TEST(SqliteCheckpointDamage, a_file_cut_at_any_length_is_refused) {
  const TempFolder folder;
  fill(folder / "c");
  const std::string whole = read_all(folder / "c");
  ASSERT_GT(whole.size(), 8192U);
  for (std::size_t size = 0; size < whole.size(); size += size < 600 ? 1 : 97) {
    write_file(folder / "cut", whole.substr(0, size));
    EXPECT_TRUE(refused_or_intact(folder / "cut", "cut to " + std::to_string(size)));
    EXPECT_EQ(read_all(folder / "cut").size(), size) << "a refused file stays as it is";
  }
}

TEST(SqliteCheckpointDamage, a_flipped_bit_is_refused_or_harmless) {
  const TempFolder folder;
  fill(folder / "c");
  const std::string whole = read_all(folder / "c");
  std::mt19937 random(20240131);
  int refused = 0;
  int flips = 0;
  for (std::size_t at = 0; at < whole.size(); at += at < 200 ? 1 : 11, ++flips) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
    write_file(folder / "flipped", damaged);
    refused += refused_or_intact(folder / "flipped", "bit flipped at " + std::to_string(at));
  }
  EXPECT_GT(refused, flips / 4) << "otherwise nothing was tested";
}

TEST(SqliteCheckpointDamage, a_page_of_noise_or_zeros_is_refused_or_harmless) {
  const TempFolder folder;
  fill(folder / "c");
  const std::string whole = read_all(folder / "c");
  std::mt19937 random(7);
  for (std::size_t page = 0; page * 4096 < whole.size(); ++page) {
    std::string damaged = whole;
    for (std::size_t i = 0; i < 4096; ++i) damaged[page * 4096 + i] = static_cast<char>(random());
    write_file(folder / "d", damaged);
    EXPECT_TRUE(refused_or_intact(folder / "d", "noise in page " + std::to_string(page)));
    damaged.replace(page * 4096, 4096, 4096, '\0');
    write_file(folder / "d", damaged);
    EXPECT_TRUE(refused_or_intact(folder / "d", "zeros in page " + std::to_string(page)));
  }
}

// Every row that is still found is sound then, so only the structure of the page gives it away.
TEST(SqliteCheckpointDamage, a_page_that_lost_a_row_is_refused) {
  const TempFolder folder;
  fill(folder / "c");
  const std::string whole = read_all(folder / "c");
  constexpr char leaf_of_objects = 0x0a;
  int leaves = 0;
  for (std::size_t page = 4096; page < whole.size(); page += 4096) {
    if (whole[page] != leaf_of_objects || whole[page + 4] == 0) continue;
    ++leaves;
    std::string damaged = whole;
    --damaged[page + 4];  // the number of rows
    write_file(folder / "d", damaged);
    EXPECT_TRUE(refused_or_intact(folder / "d", "a row less at " + std::to_string(page)));
  }
  EXPECT_GT(leaves, 1) << "otherwise nothing was tested";
}

// After a crash the log holds what the file does not yet. What a damaged log loses is repeated.
TEST(SqliteCheckpointDamage, a_damaged_log_only_takes_back_saves) {
  const TempFolder folder;
  std::string file;
  std::string log;
  {
    auto checkpoint = SqliteCheckpoint::open(folder / "c", job, Start::resume, 1);
    ASSERT_TRUE(checkpoint);
    for (int i = 0; i < 30; ++i)
      ASSERT_TRUE(
          (*checkpoint)
              ->save(std::vector<ObjectState>{{.uri = "/a",
                                               .identity = "1",
                                               .records_settled = static_cast<std::uint64_t>(i + 1),
                                               .last_error = {}}}));
    file = read_all(folder / "c");
    log = read_all(folder / "c-wal");
  }
  ASSERT_GT(log.size(), 4096U);
  std::map<std::uint64_t, int> seen;
  for (std::size_t at = 0; at <= log.size(); at += 1009) {
    for (const bool cut : {true, false}) {
      std::string damaged = cut ? log.substr(0, at) : log;
      if (!cut && at < log.size()) damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      for (const char* part : {"d", "d-shm", "d-wal"}) std::filesystem::remove(folder / part);
      write_file(folder / "d", file);
      write_file(folder / "d-wal", damaged);
      auto checkpoint = SqliteCheckpoint::open(folder / "d", job, Start::resume, 2);
      ASSERT_TRUE(checkpoint) << checkpoint.error().message;
      auto loaded = (*checkpoint)->load("/a", "1");
      ASSERT_TRUE(loaded);
      const std::uint64_t records = *loaded ? (*loaded)->records_settled : 0;
      EXPECT_LE(records, 30U);
      ++seen[records];
    }
  }
  EXPECT_GT(seen.size(), 5U) << "otherwise nothing was tested";
}

TEST(SqliteCheckpointDamage, a_log_without_its_file_is_refused) {
  const TempFolder folder;
  test::write_file(folder / "c-wal", std::string(5000, 'w'));
  auto checkpoint = SqliteCheckpoint::open(folder / "c", job, Start::resume, 1);
  ASSERT_FALSE(checkpoint);
  EXPECT_EQ(checkpoint.error().code, Errc::corrupt_state);
  EXPECT_TRUE(SqliteCheckpoint::open(folder / "c", job, Start::fresh, 1));
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

TEST(SqliteCheckpointDamage, files_of_others_and_of_the_future_are_refused) {
  const TempFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"PRAGMA application_id=1", "not a checkpoint of hecate"},
      {"PRAGMA user_version=2", "newer hecate"},
      {"PRAGMA user_version=0", "version 0"},
      {"DROP TABLE object", "table object"},
      {"ALTER TABLE job ADD COLUMN more", "table job"},
      {"DELETE FROM job", "job is missing"},
      {"UPDATE object SET records_settled=41 WHERE identity='1000-7'", "row of an object"},
      {"UPDATE job SET dead_letters_finished=9", "job's row"},
  };
  for (const auto& [sql, said] : cases) {
    std::filesystem::remove(folder / "c");
    fill(folder / "c");
    run_sql(folder / "c", sql);
    auto checkpoint = SqliteCheckpoint::open(folder / "c", job, Start::resume, 1);
    ASSERT_FALSE(checkpoint) << sql;
    EXPECT_EQ(checkpoint.error().code, Errc::corrupt_state) << sql;
    EXPECT_NE(checkpoint.error().message.find(said), std::string::npos)
        << sql << ": " << checkpoint.error().message;
  }
}

TEST(SqliteCheckpointDamage, a_damaged_checkpoint_can_be_started_anew) {
  const TempFolder folder;
  fill(folder / "c");
  std::string damaged = read_all(folder / "c");
  damaged.replace(9000, 6000, 6000, '\x7f');
  write_file(folder / "c", damaged);
  ASSERT_FALSE(SqliteCheckpoint::open(folder / "c", job, Start::resume, 1));
  EXPECT_TRUE(SqliteCheckpoint::open(folder / "c", job, Start::fresh, 1));
}

TEST(CheckpointReader, refuses_damage_as_a_run_does) {
  const TempFolder folder;
  fill(folder / "c");
  run_sql(folder / "c", "UPDATE object SET records_settled=41 WHERE identity='1000-7'");
  auto reader = CheckpointReader::open(folder / "c");
  ASSERT_TRUE(reader);
  auto summary = reader->summary();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, Errc::corrupt_state);
}

}  // namespace
}  // namespace hecate
