// Tests of object_file: the packing of sample objects, read back with zlib.
#include "generate/object_file.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/generate/archive_reading.h"

namespace hecate::generate {
namespace {

using testing::gunzip;
using testing::Inflated;
using testing::read_file;
using testing::TemporaryFolder;

constexpr std::int64_t some_time_ms = 1'706'659'200'123;

/// Text that does not fit any buffer on the way.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919) + " ";
  return text;
}

TEST(ObjectFile, writes_members_back_to_back) {
  const TemporaryFolder folder;
  const std::string text = long_text();
  ObjectFile object(folder.path() / "o", {.layers = 1, .level = 6});
  object.cut_member();  // nothing written yet: no empty member
  object.append(text);
  object.cut_member();
  object.cut_member();
  object.append("second");
  ASSERT_TRUE(object.close(some_time_ms));
  const std::string bytes = read_file(folder.path() / "o");
  const Inflated inflated = gunzip(bytes);
  EXPECT_TRUE(inflated.sound);
  EXPECT_EQ(inflated.members, 2);
  EXPECT_EQ(inflated.text, text + "second");
  EXPECT_EQ(object.bytes_uncompressed(), text.size() + 6);
  EXPECT_EQ(object.bytes_compressed(), bytes.size());
}

TEST(ObjectFile, wraps_many_members_in_one_outer_member) {
  const TemporaryFolder folder;
  const std::string text = long_text();
  ObjectFile object(folder.path() / "o", {.layers = 2, .level = 1});
  object.append(text);
  object.cut_member();
  object.append(text);
  ASSERT_TRUE(object.close(some_time_ms));
  const Inflated outer = gunzip(read_file(folder.path() / "o"));
  EXPECT_TRUE(outer.sound);
  EXPECT_EQ(outer.members, 1);
  const Inflated inner = gunzip(outer.text);
  EXPECT_TRUE(inner.sound);
  EXPECT_EQ(inner.members, 2);
  EXPECT_EQ(inner.text, text + text);
}

TEST(ObjectFile, writes_plain_text_and_valid_empty_gzip) {
  const TemporaryFolder folder;
  const std::string text = long_text();
  ObjectFile plain(folder.path() / "plain", {.layers = 0});
  plain.append(text);
  plain.cut_member();
  ASSERT_TRUE(plain.close(some_time_ms));
  EXPECT_EQ(read_file(folder.path() / "plain"), text);

  ObjectFile empty(folder.path() / "empty", {.layers = 1});
  ASSERT_TRUE(empty.close(some_time_ms));
  const Inflated inflated = gunzip(read_file(folder.path() / "empty"));
  EXPECT_TRUE(inflated.sound);
  EXPECT_EQ(inflated.members, 1);
  EXPECT_EQ(inflated.text, "");
}

TEST(ObjectFile, sets_the_modification_time) {
  const TemporaryFolder folder;
  ObjectFile object(folder.path() / "o", {.layers = 0});
  ASSERT_TRUE(object.close(some_time_ms));
  const auto written = std::filesystem::last_write_time(folder.path() / "o");
  const auto since_1970 = std::chrono::file_clock::to_sys(written).time_since_epoch();
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count(),
            some_time_ms);
}

TEST(ObjectFile, tells_at_the_end_that_it_could_not_write) {
  const TemporaryFolder folder;
  ObjectFile object(folder.path() / "no such folder" / "o", {.layers = 1});
  EXPECT_TRUE(object.failed());
  object.append("text");
  const Status closed = object.close(some_time_ms);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, Errc::storage);
  EXPECT_NE(closed.error().message.find("no such folder"), std::string::npos);
}

TEST(ObjectFile, notices_a_full_disk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  ObjectFile object("/dev/full", {.layers = 0});
  object.append(long_text());
  EXPECT_TRUE(object.failed());
  EXPECT_FALSE(object.close(some_time_ms));
}

}  // namespace
}  // namespace hecate::generate
