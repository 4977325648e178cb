// Plain text and JSON lines, an event a line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/parsed_object.h"

namespace hecate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t modified_ms = 1'700'000'000'123;

ParseHow as(Format format, std::uint64_t event_bytes_max = 1'000'000) {
  ParseHow how;
  how.format = format;
  how.event_bytes_max = event_bytes_max;
  return how;
}

TEST(ParseText, an_event_is_a_line_without_its_end) {
  const ParsedObject got = parse_bytes("one\ntwo\r\nthr\ree\r\n four ");
  EXPECT_EQ(got.format, Format::text);
  EXPECT_THAT(got.raws(), ElementsAre("one", "two", "thr\ree", " four "));
  EXPECT_FALSE(got.error);
  for (const ParsedEvent& event : got.events) {
    EXPECT_EQ(event.time_ms, modified_ms);
    EXPECT_EQ(event.id, "");
    EXPECT_EQ(event.uri, "s3://bucket/archive/part-0001");
    EXPECT_EQ(event.fate, Fate::keep);
    EXPECT_FALSE(event.truncated);
  }
}

TEST(ParseText, a_final_newline_ends_the_last_line_and_begins_none) {
  EXPECT_THAT(parse_bytes("a\nb\n").raws(), ElementsAre("a", "b"));
  EXPECT_THAT(parse_bytes("a\nb").raws(), ElementsAre("a", "b"));
  EXPECT_THAT(parse_bytes("a\r\nb\r").raws(), ElementsAre("a", "b"));
  EXPECT_THAT(parse_bytes("").raws(), IsEmpty());
}

TEST(ParseText, blank_lines_are_events_too_and_keep_the_count_of_lines_right) {
  const ParsedObject got = parse_bytes("a\n\n\r\n \nb\n\n");
  EXPECT_THAT(got.raws(), ElementsAre("a", "", "", " ", "b", ""));
  EXPECT_EQ(got.events[4].record, 4U);
  EXPECT_THAT(parse_bytes("\n").raws(), ElementsAre(""));
}

TEST(ParseText, flags_tell_what_is_in_the_line_and_not_what_ends_it) {
  const ParsedObject got =
      parse_bytes("plain\r\nta\tb\r\nquo\"te\nback\\slash\n\xc3\xa9\r\nr\rr\n\"");
  ASSERT_EQ(got.events.size(), 7U);
  EXPECT_EQ(got.events[0].flags, 0);
  EXPECT_EQ(got.events[1].flags, EventFlags::special);
  EXPECT_EQ(got.events[2].flags, EventFlags::special);
  EXPECT_EQ(got.events[3].flags, EventFlags::backslash);
  EXPECT_EQ(got.events[4].flags, EventFlags::non_ascii);
  EXPECT_EQ(got.events[5].flags, EventFlags::special);
  EXPECT_EQ(got.events[6].flags, EventFlags::special);
}

TEST(ParseText, a_byte_order_mark_belongs_to_no_line) {
  for (const Format format : {Format::automatic, Format::text}) {
    const ParsedObject got = parse_bytes(
        "\xef\xbb\xbf"
        "a\n\xef\xbb\xbf"
        "b\n",
        as(format));
    EXPECT_THAT(got.raws(), ElementsAre("a",
                                        "\xef\xbb\xbf"
                                        "b"));
  }
  EXPECT_THAT(parse_bytes("\xef\xbb\xbf", as(Format::text)).raws(), IsEmpty());
  EXPECT_THAT(parse_bytes("\xef\xbb", as(Format::text)).raws(), ElementsAre("\xef\xbb"));
}

TEST(ParseText, nul_bytes_and_broken_utf_8_pass_through) {
  const std::string text("a\0b\n\xff\xfe\n", 7);
  const ParsedObject got = parse_bytes(text, as(Format::text));
  EXPECT_THAT(got.raws(), ElementsAre(std::string("a\0b", 3), "\xff\xfe"));
  EXPECT_EQ(got.events[0].flags, EventFlags::special);
  EXPECT_EQ(got.events[1].flags, EventFlags::non_ascii);
}

// An event has one byte more than the limit, by which later stages see that it is too large.
TEST(ParseLines, a_line_is_cut_one_byte_behind_the_limit_however_it_arrives) {
  const std::string text = std::string(100, 'a') + "\n" + std::string(101, 'b') + "\n" +
                           std::string(102, 'c') + "\n" + std::string(5000, 'd') + "\n" +
                           std::string(100, 'e') + "\r\n" + std::string(101, 'f') + "\r\n" +
                           std::string(3000, 'g');
  for (const Pieces& pieces : {Pieces::whole(), Pieces::of(1), Pieces::of(100), Pieces::of(101),
                               Pieces::of(102), Pieces::of(777)}) {
    const ParsedObject got = parse_bytes(text, as(Format::text, 100), pieces);
    EXPECT_THAT(got.raws(),
                ElementsAre(std::string(100, 'a'), std::string(101, 'b'), std::string(101, 'c'),
                            std::string(101, 'd'), std::string(100, 'e'), std::string(101, 'f'),
                            std::string(101, 'g')));
    std::vector<bool> cut;
    for (const ParsedEvent& event : got.events) cut.push_back(event.truncated);
    EXPECT_THAT(cut, ElementsAre(false, false, true, true, false, true, true));
    EXPECT_FALSE(got.error);
  }
}

TEST(ParseLines, an_endless_line_is_cut_and_skipped_and_the_next_is_fine) {
  for (const Format format : {Format::text, Format::json_lines}) {
    const std::string text =
        "{\"a\":1}\n{\"a\":\"" + std::string(20'000'000, 'x') + "\"}\n{\"a\":2}\n";
    const ParsedObject got = parse_bytes(text, as(format));
    ASSERT_EQ(got.events.size(), 3U);
    EXPECT_EQ(got.events[1].raw.size(), 1'000'001U);
    EXPECT_TRUE(got.events[1].truncated);
    EXPECT_EQ(got.events[1].fate, Fate::keep);
    EXPECT_EQ(got.events[2].raw, "{\"a\":2}");
    EXPECT_FALSE(got.error);
  }
}

TEST(ParseJsonLines, an_event_is_the_line_with_the_time_it_carries) {
  struct Case {
    const char* line;
    std::int64_t time_ms;
  };
  const Case cases[] = {
      {R"({"timestamp":1440442987001})", 1440442987001},
      {R"({"time":1440442987.5,"x":1})", 1440442987500},
      {R"({"x":{"time":5},"@timestamp":"2015-08-24T19:03:07.001Z"})", 1440442987001},
      {R"({"time":"1440442987"})", 1440442987000},
      {R"({"time":1,"timestamp":2000000000,"@timestamp":3})", 2000000000000},
      {R"({"@timestamp":1,"time":2000000000})", 2000000000000},
      {R"({"timestamp":"soon","time":2000000000})", 2000000000000},
      {R"({"timestamp":null,"time":{},"@timestamp":"2015-08-24T21:03:07+02:00"})", 1440442987000},
      {R"({"time":2000000000,"time":2000000001})", 2000000000000},
      {R"({"timestamp":-5})", modified_ms},
      {R"({"timestamp":"yesterday"})", modified_ms},
      {R"({"Timestamp":1440442987001})", modified_ms},
      {R"({})", modified_ms},
      {R"( { "a" : [ 1, { } ] , "time" : 2000000000 } )", 2000000000000},
      {R"({"a":"\"time\":7}"})", modified_ms},
  };
  for (const Case& c : cases) {
    const ParsedObject got = parse_bytes(std::string("{}\r\n") + c.line + "\r\n{}");
    EXPECT_EQ(got.format, Format::json_lines);
    ASSERT_THAT(got.raws(), ElementsAre("{}", c.line, "{}"));
    EXPECT_EQ(got.events[1].time_ms, c.time_ms) << c.line;
    EXPECT_EQ(got.events[1].fate, Fate::keep);
    EXPECT_EQ(got.events[1].flags & (EventFlags::json_string | EventFlags::json_value), 0);
  }
}

TEST(ParseJsonLines, a_broken_line_is_one_bad_event) {
  for (const std::string& line : std::initializer_list<std::string>{
           "{", "{\"a\"", "{\"a\":1", "{\"a\":1}}", "{\"a\":1} x", "{\"a\":1}{\"b\":2}", "text",
           "[1]", "\"s\"", "7", "{a:1}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{\"a\":[}", "}",
           "{\"a\":\"unclosed}", "{\"a\":{\"b\":1}"}) {
    const ParsedObject got =
        parse_bytes("{\"a\":0}\n" + line + "\n{\"time\":2000000000}\n", as(Format::json_lines));
    ASSERT_EQ(got.events.size(), 3U) << line;
    EXPECT_EQ(got.events[0].fate, Fate::keep);
    EXPECT_EQ(got.events[1].fate, Fate::dead_letter) << line;
    EXPECT_EQ(got.events[1].fault, Fault::bad_event);
    EXPECT_EQ(got.events[1].raw, line);
    EXPECT_EQ(got.events[2].fate, Fate::keep);
    EXPECT_EQ(got.events[2].time_ms, 2000000000000);
    EXPECT_FALSE(got.error) << "a bad line is no bad object";
  }
}

TEST(ParseJsonLines, blank_lines_are_no_bad_events) {
  const ParsedObject got = parse_bytes("{}\n\n \t\r\n{}\n", as(Format::json_lines));
  ASSERT_EQ(got.events.size(), 4U);
  for (const ParsedEvent& event : got.events) EXPECT_EQ(event.fate, Fate::keep);
}

TEST(ParseJsonLines, a_byte_order_mark_does_not_make_the_first_line_bad) {
  for (const std::size_t piece : {1U, 2U, 100U}) {
    const ParsedObject got = parse_bytes("\xef\xbb\xbf{\"time\":2000000000}\n{}\n",
                                         as(Format::json_lines), Pieces::of(piece));
    EXPECT_THAT(got.raws(), ElementsAre("{\"time\":2000000000}", "{}"));
    EXPECT_EQ(got.events.at(0).fate, Fate::keep);
    EXPECT_EQ(got.events.at(0).time_ms, 2000000000000);
  }
}

TEST(ParseJsonLines, deep_nesting_is_bad_in_linear_time) {
  const ParsedObject got =
      parse_bytes("{}\n{\"a\":" + std::string(500'000, '[') + "\n{}\n", as(Format::json_lines));
  ASSERT_EQ(got.events.size(), 3U);
  EXPECT_EQ(got.events[1].fate, Fate::dead_letter);
  EXPECT_EQ(got.events[2].fate, Fate::keep);
}

TEST(ParseLines, the_objects_own_damage_comes_last) {
  ParseLogs source{ParseLogs::Options{}};
  MemoryReader object("whole line\nhalf a li", Pieces::whole(),
                      Error{Errc::transient, "connection reset"});
  const ParsedObject got = parse_object(source, object, as(Format::text));
  EXPECT_THAT(got.raws(), ElementsAre("whole line", "half a li"));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::transient);
  EXPECT_THAT(got.error->message, HasSubstr("connection reset"));
}

TEST(ParseLines, many_lines_fill_many_batches) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + "\n";
  const ParsedObject got = parse_bytes(text);
  ASSERT_EQ(got.events.size(), 20000U);
  for (std::size_t i = 0; i < got.events.size(); ++i)
    ASSERT_EQ(got.events[i].raw, std::to_string(i));
  EXPECT_EQ(got.batch_sizes.front(), limits::batch_events_max);
}

}  // namespace
}  // namespace hecate
