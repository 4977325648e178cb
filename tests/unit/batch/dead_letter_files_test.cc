// Dead letters are on the disk before write() returns, whole, once each, also from many threads;
// and a disk that is full stops everything.
#include "batch/dead_letter_files.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stages/dead_letter_record.h"
#include "tests/unit/batch/file_size_limit.h"
#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::FileSizeLimit;
using test::mode_of;
using test::read_all;
using test::TempFolder;

DeadLetter letter(std::uint64_t record, std::string_view event = R"({"event":"x"})") {
  DeadLetter made;
  made.reason = DeadLetterReason::too_large;
  made.uri = "/a.gz";
  made.record = record;
  made.event = event;
  return made;
}

DeadLetterFilesOptions options(const TempFolder& folder) {
  return {.folder = folder / "deep/dlq", .run_begun_ms = 1'706'745'599'123, .bytes_max = 0};
}

std::vector<std::uint64_t> records_in(const std::string& path) {
  DeadLetterParser parser;
  std::istringstream lines(read_all(path));
  std::vector<std::uint64_t> records;
  for (std::string line; std::getline(lines, line);) {
    const Result<DeadLetterRecord> record = parser.parse(line);
    EXPECT_TRUE(record) << line;
    if (record) records.push_back(record->record.value_or(0));
  }
  return records;
}

TEST(DeadLetterFiles, leaves_nothing_behind_without_letters) {
  const TempFolder folder;
  const DeadLetterFiles store(options(folder));
  EXPECT_EQ(store.path(), "");
  EXPECT_FALSE(std::filesystem::exists(folder / "deep"));
}

TEST(DeadLetterFiles, writes_a_file_of_its_own_for_its_owner_only) {
  const TempFolder folder;
  DeadLetterFiles store(options(folder));
  auto written = store.write(letter(7));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->events(), 1U);
  EXPECT_EQ(store.path(), folder / ("deep/dlq/dead-letters-20240131T235959Z-" +
                                    std::to_string(::getpid()) + ".ndjson"));
  EXPECT_EQ(records_in(store.path()), std::vector<std::uint64_t>{7});
  EXPECT_EQ(mode_of(store.path()), 0600U);
  EXPECT_EQ(mode_of(folder / "deep/dlq"), 0700U);
  EXPECT_EQ(store.letters(), 1U);

  DeadLetterFiles second(options(folder));
  ASSERT_TRUE(second.write(letter(8)));
  EXPECT_NE(second.path(), store.path()) << "a file is never shared";
}

TEST(DeadLetterFiles, keeps_every_letter_of_many_threads_whole_and_once) {
  const TempFolder folder;
  DeadLetterFiles store(options(folder));
  constexpr std::uint64_t threads = 8;
  constexpr std::uint64_t each = 100;
  const std::string big = R"({"event":")" + std::string(20'000, 'e') + "\"}";
  std::vector<std::thread> writers;
  for (std::uint64_t t = 0; t < threads; ++t)
    writers.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < each; ++i)
        EXPECT_TRUE(store.write(letter(t * each + i, i % 10 == 0 ? big : R"({"event":"x"})")));
    });
  for (std::thread& writer : writers) writer.join();
  std::vector<std::uint64_t> records = records_in(store.path());
  EXPECT_EQ(records.size(), threads * each);
  EXPECT_EQ(std::set<std::uint64_t>(records.begin(), records.end()).size(), threads * each);
  EXPECT_EQ(store.letters(), threads * each);
}

TEST(DeadLetterFiles, has_a_letter_in_the_file_when_write_returns) {
  const TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    DeadLetterFiles store(options(folder));
    for (std::uint64_t i = 0; i < 3; ++i)
      if (!store.write(letter(i))) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "deep/dlq"))
    files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(records_in(files[0]), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST(DeadLetterFiles, fails_for_good_on_a_full_disk_and_leaves_whole_lines) {
  const TempFolder folder;
  DeadLetterFiles store(options(folder));
  {
    const FileSizeLimit full(1000);
    std::uint64_t written = 0;
    Result<DeadLettered> result = store.write(letter(written));
    while (result && written < 100) result = store.write(letter(++written));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::storage);
    EXPECT_NE(result.error().message.find(folder / "deep/dlq"), std::string::npos);
    EXPECT_GT(written, 3U);
    EXPECT_EQ(records_in(store.path()).size(), written);
    EXPECT_TRUE(read_all(store.path()).ends_with("}\n"));
  }
  EXPECT_FALSE(store.write(letter(1))) << "the run must stop; room later does not change that";
}

TEST(DeadLetterFiles, says_storage_when_its_folder_cannot_be_made) {
  const TempFolder folder;
  folder.file("deep");
  DeadLetterFiles store(options(folder));
  auto written = store.write(letter(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::storage);
}

TEST(DeadLetterFiles, keeps_to_its_bound) {
  const TempFolder folder;
  DeadLetterFilesOptions bounded = options(folder);
  bounded.bytes_max = 300;
  DeadLetterFiles store(bounded);
  EXPECT_TRUE(store.write(letter(1)));
  EXPECT_TRUE(store.write(letter(2)));
  auto third = store.write(letter(3));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::storage);
  EXPECT_LE(read_all(store.path()).size(), 300U);
}

TEST(DeadLetterFiles, lie_beside_the_checkpoint_by_default) {
  EXPECT_EQ(default_dead_letter_folder("/s/x.checkpoint"), "/s/x.checkpoint.dead-letters");
  EXPECT_EQ(default_dead_letter_folder(""), "./hecate-dead-letters");
}

}  // namespace
}  // namespace hecate
