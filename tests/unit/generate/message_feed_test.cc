// Tests of message_feed: lines of files, and the invented services.
#include "generate/message_feed.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "pipeline/json_text.h"
#include "tests/unit/generate/archive_reading.h"

namespace hecate::generate {
namespace {

using namespace std::string_literals;
using testing::TemporaryFolder;
using testing::write_file;

std::unique_ptr<LineFeed> open_feed(std::vector<std::filesystem::path> files) {
  auto feed = LineFeed::open(std::move(files));
  EXPECT_TRUE(feed) << feed.error().message;
  return std::move(*feed);
}

std::string next_of(MessageFeed& feed) {
  std::string message = "left over";
  EXPECT_TRUE(feed.next(message, 0, 0));
  return message;
}

TEST(LineFeed, gives_the_lines_of_all_files_in_order_and_over_again) {
  const TemporaryFolder folder;
  write_file(folder.path() / "a", "one\ntwo\r\n\n\r\n three \n");
  write_file(folder.path() / "b", "four without an end");
  const auto feed = open_feed({folder.path() / "a", folder.path() / "b"});
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view line : {"one", "two", " three ", "four without an end"})
      EXPECT_EQ(next_of(*feed), line);
  }
}

TEST(LineFeed, keeps_every_other_byte) {
  const TemporaryFolder folder;
  const std::string odd = "a\0b\xff\"\\\t\r\x1b é\r"s;
  write_file(folder.path() / "odd", odd + "\r\n");
  const auto feed = open_feed({folder.path() / "odd"});
  EXPECT_EQ(next_of(*feed), odd);
}

TEST(LineFeed, cuts_endless_lines_between_characters) {
  const TemporaryFolder folder;
  std::string line = "x";
  while (line.size() < 2 * LineFeed::line_bytes_max) line += "漢";
  write_file(folder.path() / "long", line + "\nshort\n");
  const auto feed = open_feed({folder.path() / "long"});
  std::string joined;
  int pieces = 0;
  for (std::string piece = next_of(*feed); piece != "short"; piece = next_of(*feed)) {
    EXPECT_LE(piece.size(), LineFeed::line_bytes_max);
    EXPECT_TRUE(simdjson::validate_utf8(piece));
    joined += piece;
    ++pieces;
  }
  EXPECT_EQ(joined, line);
  EXPECT_EQ(pieces, 3);
}

TEST(LineFeed, refuses_files_without_lines_or_that_are_not_there) {
  const TemporaryFolder folder;
  write_file(folder.path() / "empty", "\n\r\n\n");
  const auto empty = LineFeed::open({folder.path() / "empty"});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Errc::usage);
  const auto missing = LineFeed::open({folder.path() / "missing"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(LineFeed::open({folder.path()}).error().code, Errc::usage);
}

bool begins_like_an_export_line(std::string_view line) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ ";
  if (line.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = line[i] >= '0' && line[i] <= '9';
    if (shape[i] == 'd' ? !digit : line[i] != shape[i]) return false;
  }
  return true;
}

TEST(TemplateFeed, makes_valid_messages_of_every_service) {
  Random random(3);
  TemplateFeed feed(random);
  simdjson::dom::parser parser;
  std::size_t longest = 0;
  for (std::size_t service = 0; service < all_services().size(); ++service) {
    SCOPED_TRACE(all_services()[service].name);
    for (int i = 0; i < 3000; ++i) {
      std::string message;
      ASSERT_TRUE(feed.next(message, service, 1'706'659'200'123));
      ASSERT_FALSE(message.empty());
      ASSERT_TRUE(simdjson::validate_utf8(message));
      ASSERT_EQ(message.find("${"), std::string::npos) << message;
      if (message.front() == '{') {
        ASSERT_EQ(parser.parse(message).error(), simdjson::SUCCESS) << message;
      }
      if (all_services()[service].plain_lines) {
        ASSERT_NE(message.front(), '{');
        ASSERT_FALSE(begins_like_an_export_line(message)) << message;
      }
      longest = std::max(longest, message.size());
    }
  }
  EXPECT_GT(longest, 2'000U);
  EXPECT_LT(longest, 301'000U);
}

TEST(TemplateFeed, never_continues_a_message_with_a_line_that_begins_with_a_time) {
  Random random(4);
  TemplateFeed feed(random);
  for (std::size_t service = 0; service < all_services().size(); ++service) {
    for (int i = 0; i < 2000; ++i) {
      std::string message;
      ASSERT_TRUE(feed.next(message, service, 1'706'659'200'123));
      const std::vector<std::string> lines = testing::lines_of(message);
      for (std::size_t line = 1; line < lines.size(); ++line)
        ASSERT_FALSE(begins_like_an_export_line(lines[line])) << message;
    }
  }
}

TEST(TextTemplate, writes_card_numbers_that_pass_the_check_digit) {
  Random random(5);
  TextTemplate card("${card}");
  for (int i = 0; i < 200; ++i) {
    std::string digits;
    card.expand(digits, random, 0, 0);
    ASSERT_EQ(digits.size(), 16U);
    int sum = 0;
    for (std::size_t at = 0; at < 16; ++at) {
      const int digit = digits[at] - '0';
      sum += at % 2 == 0 ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
    }
    ASSERT_EQ(sum % 10, 0) << digits;
  }
}

TEST(TextTemplate, grows_to_the_wanted_length_and_repeats_recent_holes) {
  Random random(6);
  TextTemplate tail("x${tail}");
  std::string message;
  tail.expand(message, random, 0, 500);
  EXPECT_GE(message.size(), 500U);
  EXPECT_LT(message.size(), 540U);

  TextTemplate recent("${recent uuid}");
  std::string last;
  int repeats = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string now;
    recent.expand(now, random, 0, 0);
    repeats += now == last ? 1 : 0;
    last = now;
  }
  EXPECT_GT(repeats, 650);
  EXPECT_LT(repeats, 850);
}

}  // namespace
}  // namespace hecate::generate
