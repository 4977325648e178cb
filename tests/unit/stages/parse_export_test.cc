// What CloudWatch's export tasks write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/parsed_object.h"

namespace hecate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t modified_ms = 1'700'000'000'123;
const std::string first = "2015-08-24T19:03:07.001Z ";
const std::string second = "2015-08-24T19:03:08.002Z ";

ParseHow as_export(std::uint64_t event_bytes_max = 1'000'000) {
  ParseHow how;
  how.format = Format::cloudwatch_export;
  how.event_bytes_max = event_bytes_max;
  return how;
}

TEST(ParseExport, an_event_is_a_line_behind_its_time) {
  const ParsedObject got = parse_bytes(first + "START x\n" + second + "END\n");
  EXPECT_EQ(got.format, Format::cloudwatch_export);
  ASSERT_THAT(got.raws(), ElementsAre("START x", "END"));
  EXPECT_EQ(got.events[0].time_ms, 1440442987001);
  EXPECT_EQ(got.events[1].time_ms, 1440442988002);
  EXPECT_EQ(got.events[0].log_stream, "archive");
  EXPECT_EQ(got.events[0].log_group, "");
  EXPECT_EQ(got.events[0].id, "");
  EXPECT_EQ(got.events[0].flags, 0);
  EXPECT_FALSE(got.error);
}

TEST(ParseExport, lines_without_a_time_continue_the_message) {
  const ParsedObject got = parse_bytes(first + "Traceback\n  at a\n\n  at b\n" + second + "next\n");
  ASSERT_THAT(got.raws(), ElementsAre("Traceback\n  at a\n\n  at b", "next"));
  EXPECT_EQ(got.events[0].flags, EventFlags::special);
  EXPECT_EQ(got.events[1].flags, 0);
}

TEST(ParseExport, a_time_without_its_space_continues_the_message) {
  const std::string line = "2015-08-24T19:03:09.003Z";
  for (const std::string& tail :
       {line, line + "\t", " " + line + " x", line.substr(0, 19) + " x"}) {
    const ParsedObject got = parse_bytes(first + "a\n" + tail + "\n" + second + "b\n");
    EXPECT_THAT(got.raws(), ElementsAre("a\n" + tail, "b"));
  }
}

TEST(ParseExport, the_end_may_come_with_or_without_a_newline) {
  EXPECT_THAT(parse_bytes(first + "a\n" + second + "b").raws(), ElementsAre("a", "b"));
  EXPECT_THAT(parse_bytes(first + "a\n" + second + "b\n").raws(), ElementsAre("a", "b"));
  EXPECT_THAT(parse_bytes(first + "a\n" + second + "b\n\n").raws(), ElementsAre("a", "b\n"));
  EXPECT_THAT(parse_bytes(first + "a\n" + second).raws(), ElementsAre("a", ""));
  EXPECT_THAT(parse_bytes("", as_export()).raws(), IsEmpty());
}

TEST(ParseExport, a_time_at_the_very_end_of_the_text_is_judged_by_the_text_alone) {
  // Behind it the window still has what was there before: here, a space.
  const std::string cut = second.substr(0, second.size() - 1);
  ParseLogs::Options options;
  options.format = Format::cloudwatch_export;
  ParseLogs source{options};
  MemoryReader before(std::string(300, ' '));
  (void)parse_object(source, before, {});
  MemoryReader object(cut);
  const ParsedObject got = parse_object(source, object, {});
  ASSERT_THAT(got.raws(), ElementsAre(cut));
  EXPECT_EQ(got.events[0].time_ms, modified_ms);
}

TEST(ParseExport, text_before_the_first_time_happened_when_the_object_was_modified) {
  const ParsedObject got = parse_bytes("no time\nat all\n" + first + "a\n", as_export());
  ASSERT_THAT(got.raws(), ElementsAre("no time\nat all", "a"));
  EXPECT_EQ(got.events[0].time_ms, modified_ms);
  EXPECT_EQ(got.events[1].time_ms, 1440442987001);
}

TEST(ParseExport, a_byte_order_mark_does_not_hide_the_first_time) {
  const ParsedObject got = parse_bytes("\xef\xbb\xbf" + first + "a\n");
  ASSERT_THAT(got.raws(), ElementsAre("a"));
  EXPECT_EQ(got.events[0].time_ms, 1440442987001);
}

TEST(ParseExport, carriage_returns_stay_in_the_message) {
  const ParsedObject got = parse_bytes(first + "a\r\n" + second + "b\r\n");
  ASSERT_THAT(got.raws(), ElementsAre("a\r", "b\r"));
  EXPECT_EQ(got.events[0].flags, EventFlags::special);
}

TEST(ParseExport, a_record_is_cut_alike_however_it_arrives) {
  const std::string lines = "x\n" + std::string(300, 'y') + "\nz" + std::string(200, 'w');
  const std::string text = first + std::string(100, 'a') + "\n" + second + std::string(101, 'b') +
                           "\n" + first + std::string(200, 'c') + "\n" + second + lines + "\n" +
                           first + "short\n" + second + std::string(5000, 'e');
  const ParsedObject whole = parse_bytes(text, as_export(100));
  ASSERT_EQ(whole.events.size(), 6U);
  EXPECT_EQ(whole.events[0].raw, std::string(100, 'a'));
  EXPECT_EQ(whole.events[1].raw, std::string(101, 'b'));
  EXPECT_EQ(whole.events[2].raw, std::string(101, 'c'));
  EXPECT_TRUE(whole.events[2].truncated);
  EXPECT_EQ(whole.events[3].raw, lines.substr(0, 101));
  EXPECT_TRUE(whole.events[3].truncated);
  EXPECT_EQ(whole.events[4].raw, "short");
  EXPECT_FALSE(whole.events[4].truncated);
  EXPECT_EQ(whole.events[5].raw, std::string(101, 'e'));
  for (std::size_t piece = 1; piece < 400; piece += 3)
    expect_same(parse_bytes(text, as_export(100), Pieces::of(piece)), whole);
}

TEST(ParseExport, an_endless_record_is_cut_and_skipped_to_the_next_time) {
  std::string text = first;
  for (int i = 0; i < 200'000; ++i) text += "a line of a message that never ends, or so it seems\n";
  const ParsedObject got = parse_bytes(text + second + "next\n");
  ASSERT_EQ(got.events.size(), 2U);
  EXPECT_EQ(got.events[0].raw.size(), 1'000'001U);
  EXPECT_TRUE(got.events[0].truncated);
  EXPECT_EQ(got.events[1].raw, "next");
  EXPECT_EQ(got.events[1].time_ms, 1440442988002);
}

TEST(ParseExport, the_file_that_tests_whether_the_bucket_can_be_written_is_no_log) {
  for (const std::string& uri : std::initializer_list<std::string>{
           "s3://bucket/aws-logs-write-test", "aws-logs-write-test"}) {
    ParseHow how;
    how.envelope.uri = uri;
    const ParsedObject got = parse_bytes("Permission Check Successful", how);
    EXPECT_THAT(got.events, IsEmpty());
    EXPECT_FALSE(got.error);
  }
  ParseHow how;
  how.envelope.uri = "s3://bucket/aws-logs-write-test/a";
  EXPECT_THAT(parse_bytes("a log\n", how).raws(), ElementsAre("a log"));
}

}  // namespace
}  // namespace hecate
