// What an object is, told by its first bytes.
#include "stages/detect_format.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/buffer.h"
#include "tests/support/cloudwatch_text.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

using ::testing::HasSubstr;
using namespace std::string_view_literals;

Result<std::optional<Format>> detect(std::string_view text, bool at_end = true) {
  Buffer buffer(text.size() + 1);
  buffer.append(text);
  return detect_format(buffer.view(), at_end, select_scan_kernels());
}

void expect_format(std::string_view text, Format format) {
  const Result<std::optional<Format>> found = detect(text);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found) << text;
  EXPECT_EQ(format_name(**found), format_name(format)) << text;
}

TEST(DetectFormat, knows_cloudwatch_by_its_keys_wherever_they_stand) {
  for (const std::string_view text :
       {R"({"messageType":"DATA_MESSAGE"})"sv, R"({"messageType":"CONTROL_MESSAGE","owner":"x)"sv,
        " \r\n\t{ \"messageType\" : 1"sv, R"({"owner":"o","x":{"y":[]},"messageType":"D"})"sv,
        R"({"logEvents":[],"owner":"o"})"sv, "{\n  \"owner\": \"o\",\n  \"logEvents\": [\n"sv,
        "\xef\xbb\xbf{\"messageType\":\"D\"}"sv}) {
    expect_format(text, Format::cloudwatch);
  }
}

TEST(DetectFormat, knows_cloudtrail_by_an_array_of_records) {
  expect_format(R"({"Records":[]})", Format::cloudtrail);
  expect_format("{\n \"a\": 1,\n \"Records\" : [", Format::cloudtrail);
  expect_format(R"({"Records":{}})", Format::json_lines);
  expect_format(R"({"x":{"Records":[]}})", Format::json_lines);
}

TEST(DetectFormat, knows_json_lines_by_an_object_alone_on_its_line) {
  for (const std::string_view text :
       {R"({"a":1})"sv, "{}"sv, "{}\n"sv, "{\"a\":1}\r\n{\"b\":2}\r\n"sv, "{\"a\":1} \t\n"sv,
        "\n\n{\"a\":1}\n"sv, "{\"a\":1}\nno json\n"sv, "{\"records\":[]}"sv}) {
    expect_format(text, Format::json_lines);
  }
}

TEST(DetectFormat, knows_an_export_by_the_time_that_begins_its_first_line) {
  expect_format("2015-08-24T19:03:07.001Z START\n", Format::cloudwatch_export);
  expect_format(
      "\xef\xbb\xbf"
      "2015-08-24T19:03:07Z x",
      Format::cloudwatch_export);
  expect_format("2015-08-24 19:03:07.001 START\n", Format::text);
  expect_format("2015-08-24T19:03:07.001Z", Format::text);
}

TEST(DetectFormat, everything_else_that_is_readable_is_text) {
  for (const std::string_view text :
       {""sv, "\n"sv, " "sv, "a"sv, "{"sv.substr(1), "[1,2]\n"sv, "{ hello }\n"sv, "{\"a\":1}x\n"sv,
        "{\n  \"a\": 1\n}\n"sv, "{\"a\":1}{\"b\":2}\n"sv, "\"text\"\n"sv, "\x1b[31mred\x1b[0m\n"sv,
        "tab\tform\ffeed\r\n"sv, "na\xc3\xafve caf\xc3\xa9\n"sv,
        "Latin-1: gr\xfc\xdf"
        "e aus K\xf6ln, 25 \xb0"
        "C\n"sv,
        "a log line with one NUL \0 in it\n"sv, "\x1f is no magic here, nor is that\n"sv,
        "BZ2 is a word\n"sv, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\n"sv}) {
    expect_format(text, Format::text);
  }
}

TEST(DetectFormat, half_a_line_of_json_is_not_taken_for_text) {
  const std::string line = R"({"messageType":"DATA_MESSAGE"})";
  for (std::size_t cut = 1; cut < line.size(); ++cut) {
    const Result<std::optional<Format>> found = detect(line.substr(0, cut));
    ASSERT_TRUE(found && *found);
    EXPECT_NE(**found, Format::text) << line.substr(0, cut);
  }
}

TEST(DetectFormat, names_what_is_no_log) {
  struct Case {
    std::string_view bytes;
    const char* what;
  };
  const Case cases[] = {
      {"\x1f\x8b\x08\0\0\0\0\0"sv, "gzip"},
      {"\x1f\x8b"sv, "gzip"},
      {"\x28\xb5\x2f\xfd\x04\0"sv, "zstd"},
      {"BZh91AY&SY"sv, "bzip2"},
      {"\xfd"
       "7zXZ\0"sv,
       "xz"},
      {"\x04\x22\x4d\x18\x64"sv, "lz4"},
      {"PK\x03\x04\x14\0"sv, "zip"},
      {"PAR1\x15\x04"sv, "Parquet"},
      {"Obj\x01\x04"sv, "Avro"},
      {"\x7f"
       "ELF\x02\x01"sv,
       "executable"},
      {"\x89PNG\r\n\x1a\n"sv, "PNG"},
      {"\xff\xd8\xff\xe0"sv, "JPEG"},
      {"%PDF-1.7\n"sv, "PDF"},
      {"SQLite format 3\0"sv, "SQLite"},
      {"\xff\xfe{\0\"\0"sv, "UTF-16"},
      {"\xfe\xff\0{\0\""sv, "UTF-16"},
  };
  for (const Case& c : cases) {
    for (const bool at_end : {true, false}) {
      const Result<std::optional<Format>> found = detect(c.bytes, at_end);
      ASSERT_FALSE(found) << c.what;
      EXPECT_EQ(found.error().code, Errc::bad_object);
      EXPECT_THAT(found.error().message, HasSubstr(c.what));
      EXPECT_THAT(found.error().message, HasSubstr("not a log"));
    }
  }
}

TEST(DetectFormat, refuses_binary_data_and_never_quotes_it) {
  const std::uint64_t seed = test_seed(51);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 50; ++round) {
    std::string bytes(3000 + random.below(3000), '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(256));
    bytes[0] = 'x';
    const Result<std::optional<Format>> found = detect(bytes);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::bad_object);
    EXPECT_EQ(found.error().message, "not a log: this is binary data");
  }
  EXPECT_FALSE(detect("{\0\"\0a\0\"\0:\0"sv)) << "UTF-16 without a mark";
  EXPECT_FALSE(detect(std::string(100, '\0')));
}

TEST(DetectFormat, asks_for_more_until_it_can_tell_and_always_tells_at_the_end) {
  const std::string texts[] = {as_aws_writes(sample_document(1, 60)),
                               "{\"a\":\"" + std::string(9000, 'x') + "\"}\n{}\n",
                               "{\"a\":\"" + std::string(5000, 'x') + "\"} and more\n",
                               std::string(5000, ' ') + "{}\n",
                               std::string(6000, 'x'),
                               "2015-08-24T19:03:07Z " + std::string(5000, 'x')};
  for (const std::string& text : texts) {
    const Result<std::optional<Format>> whole = detect(text);
    ASSERT_TRUE(whole && *whole);
    bool told = false;
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const Result<std::optional<Format>> part = detect(text.substr(0, size), false);
      ASSERT_TRUE(part);
      ASSERT_EQ(part->value_or(**whole), **whole) << size;
      ASSERT_TRUE(*part || !told) << "what was told is not taken back, at " << size;
      told = part->has_value();
      const Result<std::optional<Format>> end = detect(text.substr(0, size), true);
      ASSERT_TRUE(end && *end) << size;
    }
    EXPECT_TRUE(told);
  }
}

TEST(DetectFormat, names_go_there_and_back) {
  for (const Format format : {Format::automatic, Format::cloudwatch, Format::cloudwatch_export,
                              Format::cloudtrail, Format::json_lines, Format::text}) {
    EXPECT_EQ(format_from_name(format_name(format)), format);
  }
  EXPECT_EQ(format_name(Format::cloudwatch_export), "cloudwatch-export");
  EXPECT_EQ(format_name(Format::json_lines), "json-lines");
  EXPECT_FALSE(format_from_name("csv"));
  EXPECT_FALSE(format_from_name(""));
}

}  // namespace
}  // namespace hecate
