// CloudTrail's files: a record is an event, and stays the JSON that it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/parsed_object.h"

namespace hecate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t modified_ms = 1'700'000'000'123;

ParseHow cloudtrail() {
  ParseHow how;
  how.format = Format::cloudtrail;
  return how;
}

std::string record(std::string_view inside = R"("a":1)") {
  return R"({"eventVersion":"1.08","eventTime":"2015-08-24T19:03:07Z",)" + std::string(inside) +
         "}";
}

TEST(ParseCloudtrail, an_event_is_a_record_with_its_time) {
  const std::string a = record();
  const std::string b = record(R"("b":{"c":["}]",null]},"d":"x\"y")");
  const ParsedObject got = parse_bytes("{\"Records\":[" + a + "," + b + "]}");
  EXPECT_EQ(got.format, Format::cloudtrail);
  ASSERT_THAT(got.raws(), ElementsAre(a, b));
  EXPECT_FALSE(got.error) << got.error_text();
  for (const ParsedEvent& event : got.events) {
    EXPECT_EQ(event.time_ms, 1440442987000);
    EXPECT_EQ(event.flags & ~(EventFlags::backslash | EventFlags::non_ascii),
              EventFlags::json_value);
    EXPECT_EQ(event.uri, "s3://bucket/archive/part-0001");
    EXPECT_EQ(event.fate, Fate::keep);
  }
}

TEST(ParseCloudtrail, records_laid_out_over_lines_are_flagged_to_be_put_on_one) {
  const std::string pretty =
      "{\n    \"eventTime\" : \"2015-08-24T19:03:07Z\",\r\n\t\"x\": [ ]\n  }";
  const ParsedObject got =
      parse_bytes("{\n  \"Records\" : [\n  " + pretty + " ,\n\n  " + record() + "\n  ]\n}\n");
  ASSERT_THAT(got.raws(), ElementsAre(pretty, record()));
  EXPECT_NE(got.events[0].flags & EventFlags::special, 0);
  EXPECT_EQ(got.events[1].flags & EventFlags::special, 0);
  EXPECT_EQ(got.events[0].time_ms, 1440442987000);
  EXPECT_FALSE(got.error) << got.error_text();
}

TEST(ParseCloudtrail, other_keys_and_documents_around_the_records_do_not_matter) {
  const ParsedObject got =
      parse_bytes(R"({"x":[{"Records":[{}]}],"Records":[)" + record() +
                  R"(],"y":{"z":[]}} {"Records":[]})" + "{\"Records\":[" + record() + "]}\n");
  EXPECT_THAT(got.raws(), ElementsAre(record(), record()));
  EXPECT_FALSE(got.error) << got.error_text();
  EXPECT_THAT(parse_bytes("{\"Records\":[]}").raws(), IsEmpty());
  EXPECT_THAT(parse_bytes("\xef\xbb\xbf{\"Records\":[{}]}").raws(), ElementsAre("{}"));
}

TEST(ParseCloudtrail, a_record_without_a_usable_time_happened_when_the_object_was_modified) {
  for (const std::string& text : std::initializer_list<std::string>{
           "{}", R"({"eventTime":"yesterday"})", R"({"eventTime":1440442987})",
           R"({"eventTime":""})", R"({"eventTime":"2015-08-24T19:03:07Z?"})",
           R"({"x":{"eventTime":"2015-08-24T19:03:07Z"}})"}) {
    const ParsedObject got = parse_bytes("{\"Records\":[" + text + "]}");
    ASSERT_THAT(got.raws(), ElementsAre(text));
    EXPECT_EQ(got.events[0].time_ms, modified_ms) << text;
    EXPECT_EQ(got.events[0].fate, Fate::keep);
  }
}

TEST(ParseCloudtrail, a_damaged_record_is_one_bad_event) {
  for (const std::string& bad : std::initializer_list<std::string>{
           R"({"a":tru})", R"({"a":01})", R"({"a":"\x"})", R"({"a":1,})", R"({"a" 1})",
           "{\"a\":\"raw\nnewline\"}", R"({"a":1e999})", R"({"a":"\ud800"})", R"({"a":nul})"}) {
    const ParsedObject got =
        parse_bytes("{\"Records\":[" + record() + "," + bad + "," + record() + "]}", cloudtrail());
    ASSERT_EQ(got.events.size(), 3U) << bad;
    EXPECT_EQ(got.events[0].fate, Fate::keep);
    EXPECT_EQ(got.events[1].raw, bad);
    EXPECT_EQ(got.events[1].fate, Fate::dead_letter) << bad;
    EXPECT_EQ(got.events[1].fault, Fault::bad_event);
    EXPECT_EQ(got.events[1].flags & EventFlags::json_value, 0)
        << "what is no JSON is not sent as it";
    EXPECT_EQ(got.events[2].fate, Fate::keep);
  }
}

TEST(ParseCloudtrail, what_is_no_object_among_the_records_is_one_bad_event) {
  for (const std::string& bad :
       std::initializer_list<std::string>{"7", "null", "\"text\"", "[1,{}]", "[]"}) {
    const ParsedObject got =
        parse_bytes("{\"Records\":[" + record() + "," + bad + "," + record() + "]}");
    ASSERT_THAT(got.raws(), ElementsAre(record(), bad, record()));
    EXPECT_EQ(got.events[1].fate, Fate::dead_letter);
    EXPECT_FALSE(got.error);
  }
}

TEST(ParseCloudtrail, bytes_that_are_no_utf_8_do_not_cost_a_record_its_time) {
  const std::string broken = record("\"name\":\"caf\xe9\"");
  const ParsedObject got = parse_bytes("{\"Records\":[" + broken + "]}");
  ASSERT_THAT(got.raws(), ElementsAre(broken));
  EXPECT_EQ(got.events[0].fate, Fate::keep);
  EXPECT_EQ(got.events[0].time_ms, 1440442987000);
  EXPECT_NE(got.events[0].flags & EventFlags::non_ascii, 0);
  const std::string both = "{\"name\":\"caf\xe9\",}";
  const ParsedObject worse = parse_bytes("{\"Records\":[" + both + "]}");
  ASSERT_THAT(worse.raws(), ElementsAre(both));
  EXPECT_EQ(worse.events[0].fate, Fate::dead_letter);
}

TEST(ParseCloudtrail, a_cut_at_every_byte_leaves_the_whole_records_and_a_problem) {
  const std::string text = "{\"Records\":[" + record() + "," + record() + "]}";
  const std::size_t first_end = 12 + record().size();
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const ParsedObject got = parse_bytes(text.substr(0, cut), cloudtrail());
    const std::size_t whole = cut < first_end ? 0 : cut < text.size() - 2 ? 1 : 2;
    ASSERT_EQ(got.events.size(), whole) << cut;
    ASSERT_TRUE(got.error) << cut;
    EXPECT_EQ(got.error->code, Errc::bad_document);
    EXPECT_THAT(got.error->message, HasSubstr("cut off"));
  }
}

TEST(ParseCloudtrail, damage_between_records_costs_the_rest_and_is_told) {
  const std::string a = record();
  for (const std::string& text : std::initializer_list<std::string>{
           a + "," + a + "]x}", a + "," + a + "}", a + "," + a + "]} garbage"}) {
    const ParsedObject got = parse_bytes("{\"Records\":[" + text + a, cloudtrail());
    EXPECT_THAT(got.raws(), ElementsAre(a, a)) << text;
    ASSERT_TRUE(got.error) << text;
    EXPECT_EQ(got.error->code, Errc::bad_document);
    EXPECT_THAT(got.error->message, HasSubstr("not valid JSON"));
  }
  // Between two records something must stand, or they would be one.
  const ParsedObject run_on = parse_bytes("{\"Records\":[" + a + ":" + a + "]}", cloudtrail());
  EXPECT_THAT(run_on.raws(), ElementsAre(a));
  EXPECT_TRUE(run_on.error);
}

TEST(ParseCloudtrail, a_record_larger_than_the_window_is_told_and_costs_no_memory) {
  const std::string large = "{\"a\":\"" + std::string(20'000'000, 'x') + "\"}";
  const ParsedObject got = parse_bytes("{\"Records\":[" + record() + "," + large + "]}");
  EXPECT_THAT(got.raws(), ElementsAre(record()));
  ASSERT_TRUE(got.error);
  EXPECT_THAT(got.error->message, HasSubstr("too large"));
}

TEST(ParseCloudtrail, brackets_without_end_are_told_in_linear_time) {
  for (const std::string& deep :
       {"{\"Records\":" + std::string(2'000'000, '['),
        "{\"Records\":[" + std::string(2'000'000, '{'), "{\"a\":" + std::string(2'000'000, '[')}) {
    const ParsedObject got = parse_bytes(deep, cloudtrail());
    EXPECT_TRUE(got.error);
  }
}

TEST(ParseCloudtrail, many_records_fill_many_batches) {
  std::string text = "{\"Records\":[" + record();
  for (int i = 1; i < 20000; ++i) text += "," + record("\"n\":" + std::to_string(i));
  const ParsedObject got = parse_bytes(text + "]}");
  ASSERT_EQ(got.events.size(), 20000U);
  EXPECT_EQ(got.events.back().raw, record("\"n\":19999"));
  EXPECT_FALSE(got.error);
}

}  // namespace
}  // namespace hecate
