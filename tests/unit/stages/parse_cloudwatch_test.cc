// Sound CloudWatch documents in every form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cloudwatch_text.h"

namespace hecate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ParseHow cloudwatch() {
  ParseHow how;
  how.format = Format::cloudwatch;
  return how;
}

// One document around events written by hand.
ParsedObject parse_events(const std::string& events) {
  return parse_bytes(document_head({}) + events + "]}", cloudwatch());
}

const std::string id = cloudwatch_id(1);

TEST(ParseCloudwatch, reads_a_document_as_aws_writes_it) {
  const CloudwatchDocument document = sample_document(1, 7);
  const ParsedObject got = parse_bytes(as_aws_writes(document));
  EXPECT_EQ(got.format, Format::cloudwatch);
  EXPECT_EQ(without_flags(got.events), expected_events({document}));
  EXPECT_FALSE(got.error) << got.error_text();
  EXPECT_EQ(got.events_without_time, 0U);
}

TEST(ParseCloudwatch, flags_tell_what_is_in_the_message) {
  const ParsedObject got =
      parse_events(as_aws_writes(CloudwatchEvent{id, 1440442987000, "plain"}) + "," +
                   as_aws_writes(CloudwatchEvent{id, 1440442987000, "a\\nb"}) + "," +
                   as_aws_writes(CloudwatchEvent{id, 1440442987000, "\xc3\xa9"}) + "," +
                   as_aws_writes(CloudwatchEvent{id, 1440442987000, "raw\ttab"}));
  ASSERT_EQ(got.events.size(), 4U);
  constexpr int string = EventFlags::json_string;
  EXPECT_EQ(got.events[0].flags, string);
  EXPECT_EQ(got.events[1].flags, string | EventFlags::backslash);
  EXPECT_EQ(got.events[2].flags, string | EventFlags::non_ascii);
  EXPECT_EQ(got.events[3].flags, string | EventFlags::special | EventFlags::from_message);
}

TEST(ParseCloudwatch, reads_documents_with_or_without_white_space_between) {
  const std::vector<CloudwatchDocument> documents = {sample_document(1, 2), sample_document(2, 0),
                                                     sample_document(3, 3)};
  for (const std::string& between : std::initializer_list<std::string>{
           "", "\n", "\r\n\r\n", " \t ", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n"}) {
    const std::string text = between + as_aws_writes(documents[0]) + between +
                             as_aws_writes(documents[1]) + between + as_aws_writes(documents[2]) +
                             between;
    const ParsedObject got = parse_bytes(text);
    EXPECT_EQ(without_flags(got.events), expected_events(documents));
    EXPECT_FALSE(got.error) << got.error_text();
  }
}

TEST(ParseCloudwatch, the_form_of_a_document_does_not_matter) {
  const std::uint64_t seed = test_seed(21);
  SCOPED_TRACE("seed " + std::to_string(seed));
  FreeWriter writer(seed);
  for (std::uint64_t round = 0; round < 1500; ++round) {
    const std::vector<CloudwatchDocument> documents = {
        sample_document(round, round % 5), sample_document(round + 1, 1), sample_document(7, 3)};
    std::string text;
    for (const CloudwatchDocument& document : documents)
      text += writer.write(document) + writer.space();
    const ParsedObject got = parse_bytes(text, cloudwatch());
    ASSERT_EQ(without_flags(got.events), expected_events(documents)) << text;
    ASSERT_FALSE(got.error) << got.error_text() << text;
  }
}

TEST(ParseCloudwatch, the_fast_way_and_the_slow_way_agree) {
  const std::uint64_t seed = test_seed(22);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  static const char* const parts[] = {"a",       "log text", "\\n",  "\\\\",  "\\\"",
                                      "\\u0041", "\xc3\xa9", "\x01", "}",     "{",
                                      "]",       ",",        "\xff", "\"}\\", "0123456789"};
  for (int round = 0; round < 3000; ++round) {
    std::string fast;
    std::string slow;
    for (std::uint64_t events = 1 + random.below(4); events > 0; --events) {
      CloudwatchEvent event{cloudwatch_id(random.below(1000000)),
                            static_cast<std::int64_t>(1000000000000 + random.below(8999999999999)),
                            ""};
      for (std::uint64_t i = random.below(12); i > 0; --i) {
        const std::string part = parts[random.below(std::size(parts))];
        if (part[0] != '"') event.message += part;
      }
      const std::string written = as_aws_writes(event);
      fast += (fast.empty() ? "" : ",") + written;
      slow += (slow.empty() ? "" : ",") + ("{ " + written.substr(1));
    }
    const ParsedObject a = parse_events(fast);
    const ParsedObject b = parse_events(slow);
    ASSERT_NO_FATAL_FAILURE(expect_same(a, b)) << fast;
    ASSERT_FALSE(a.error) << a.error_text() << fast;
  }
}

TEST(ParseCloudwatch, almost_what_aws_writes_is_no_less_understood) {
  for (const std::string& digits : std::initializer_list<std::string>{
           "1", "123", std::string(55, '1'), std::string(57, '2'), std::string(55, '1') + "x",
           std::string(56, '/'), std::string(56, ':'), std::string(300, '9')}) {
    const ParsedObject got =
        parse_events(as_aws_writes(CloudwatchEvent{digits, 1440442987001, "m"}));
    ASSERT_EQ(got.events.size(), 1U) << digits;
    EXPECT_EQ(got.events[0].id, digits);
    EXPECT_EQ(got.events[0].raw, "m");
    EXPECT_EQ(got.events[0].time_ms, 1440442987001);
  }
  for (const std::int64_t time_ms : std::initializer_list<std::int64_t>{
           0LL, 1LL, 999999999999LL, 1000000000000LL, 9999999999999LL, 10000000000000LL,
           9223372036854775807LL}) {
    const ParsedObject got = parse_events(as_aws_writes(CloudwatchEvent{id, time_ms, "m"}));
    ASSERT_EQ(got.events.size(), 1U);
    EXPECT_EQ(got.events[0].time_ms, time_ms);
    EXPECT_EQ(got.events[0].flags, EventFlags::json_string);
  }
}

TEST(ParseCloudwatch, members_that_pose_as_digits_of_an_id_are_seen) {
  for (const std::string& head : std::initializer_list<std::string>{
           "7\",\"x\":\"", "7777\",\"x\":\"", "7\\\"", "7\",\"id\":\"8"}) {
    const std::string posing = head + std::string(56 - head.size(), '0');
    const ParsedObject got =
        parse_events("{\"id\":\"" + posing + "\",\"timestamp\":1440442987000,\"message\":\"m\"}");
    ASSERT_EQ(got.events.size(), 1U);
    EXPECT_EQ(got.events[0].id, head[1] == '\\' ? posing : head.substr(0, head.find('"')));
    EXPECT_EQ(got.events[0].raw, "m");
  }
}

TEST(ParseCloudwatch, times_that_are_none_are_flagged_and_counted) {
  const std::string texts[] = {
      "\"1440442987000\"",    "1440442987000.5",     "-1",  "1e12",    "null",          "\"\"",
      "18446744073709551616", "9223372036854775808", "[1]", "\"now\"", "14404429870x0", "true"};
  for (const std::string& written : texts) {
    const ParsedObject got =
        parse_events("{\"id\":\"7\",\"timestamp\":" + written + ",\"message\":\"m\"}");
    ASSERT_EQ(got.events.size(), 1U) << written;
    const bool good = written == texts[0];
    EXPECT_EQ(got.events[0].fate, Fate::keep);
    EXPECT_EQ(got.events[0].raw, "m");
    EXPECT_EQ(got.events[0].time_ms, good ? 1440442987000 : 0) << written;
    EXPECT_EQ((got.events[0].flags & EventFlags::no_time) != 0, !good) << written;
    EXPECT_EQ(got.events_without_time, good ? 0U : 1U) << written;
  }
  const ParsedObject missing = parse_events(R"({"id":"7","message":"m"})");
  ASSERT_EQ(missing.events.size(), 1U);
  EXPECT_NE(missing.events[0].flags & EventFlags::no_time, 0);
}

TEST(ParseCloudwatch, an_event_without_a_message_is_a_bad_event_and_its_siblings_are_not) {
  for (const std::string& bad : std::initializer_list<std::string>{
           R"({"id":"1","timestamp":5})", R"({"id":"1","timestamp":5,"message":null})", "{}", "7",
           "\"text\"", "null", "[{\"message\":\"m\"}]", "{ }"}) {
    const ParsedObject got = parse_events(R"({"id":"0","timestamp":4,"message":"before"},)" + bad +
                                          R"(,{"id":"2","timestamp":6,"message":"behind"})");
    ASSERT_THAT(got.raws(), ElementsAre("before", bad, "behind"));
    EXPECT_EQ(got.events[1].fate, Fate::dead_letter);
    EXPECT_EQ(got.events[1].fault, Fault::bad_event);
    EXPECT_EQ(got.events[1].flags & EventFlags::json_string, 0);
    EXPECT_EQ(got.events[0].fate, Fate::keep);
    EXPECT_EQ(got.events[2].fate, Fate::keep);
    EXPECT_FALSE(got.error) << got.error_text();
  }
}

TEST(ParseCloudwatch, a_message_that_is_no_string_is_sent_as_the_text_it_is) {
  for (const std::string& message : std::initializer_list<std::string>{
           "17", "-0.5e9", "true", "[]", R"({"a":"b \"c\"","d":[1,{}]})"}) {
    const ParsedObject got =
        parse_events("{\"id\":\"1\",\"timestamp\":5,\"message\":" + message + "}");
    ASSERT_THAT(got.raws(), ElementsAre(message));
    EXPECT_EQ(got.events[0].fate, Fate::keep);
    EXPECT_EQ(got.events[0].flags & EventFlags::json_string, 0);
    EXPECT_NE(got.events[0].flags & EventFlags::special, 0);
  }
}

TEST(ParseCloudwatch, ids_that_are_no_strings_or_numbers_are_as_if_they_were_missing) {
  for (const std::string& written :
       std::initializer_list<std::string>{"null", "true", "{}", "[1]", "\"\""}) {
    const ParsedObject got =
        parse_events("{\"id\":" + written + ",\"timestamp\":5,\"message\":\"m\"}");
    ASSERT_EQ(got.events.size(), 1U);
    EXPECT_EQ(got.events[0].id, "") << written;
  }
  EXPECT_EQ(parse_events(R"({"id":17,"message":"m"})").events.at(0).id, "17");
  EXPECT_EQ(parse_events(R"({"message":"m"})").events.at(0).id, "");
}

TEST(ParseCloudwatch, of_a_doubled_key_the_first_counts) {
  const ParsedObject got = parse_events(
      R"({"id":"1","id":"2","timestamp":5,"timestamp":6,"message":"first","message":"second"})");
  ASSERT_THAT(got.raws(), ElementsAre("first"));
  EXPECT_EQ(got.events[0].id, "1");
  EXPECT_EQ(got.events[0].time_ms, 5);
  const ParsedObject header = parse_bytes(
      R"({"messageType":"DATA_MESSAGE","messageType":"CONTROL_MESSAGE","owner":"o","owner":"p",)"
      R"("logGroup":"g","logGroup":"h","logStream":"s","logEvents":[{"message":"m"}],)"
      R"("logGroup":"i","logEvents":[{"message":"n"}]})",
      cloudwatch());
  ASSERT_THAT(header.raws(), ElementsAre("m"));
  EXPECT_EQ(header.events[0].owner, "o");
  EXPECT_EQ(header.events[0].log_group, "g");
}

TEST(ParseCloudwatch, metadata_is_unescaped) {
  const ParsedObject got = parse_bytes(
      R"({"messageType":"DATA_MESSAGE","owner":"o","logGroup":"\/aws\/x","logStream":"a\u00e9b",)"
      R"("logEvents":[{"message":"m"}]})");
  ASSERT_EQ(got.events.size(), 1U);
  EXPECT_EQ(got.events[0].log_group, "/aws/x");
  EXPECT_EQ(got.events[0].log_stream,
            "a\xc3\xa9"
            "b");
}

TEST(ParseCloudwatch, missing_metadata_is_empty) {
  const ParsedObject got =
      parse_bytes(R"({"logEvents":[{"message":"m"}],"messageType":"DATA_MESSAGE","owner":7})");
  ASSERT_THAT(got.raws(), ElementsAre("m"));
  EXPECT_EQ(got.events[0].owner, "");
  EXPECT_EQ(got.events[0].log_group, "");
  EXPECT_FALSE(got.error);
}

TEST(ParseCloudwatch, empty_or_absent_events_are_fine) {
  for (const std::string& events :
       std::initializer_list<std::string>{"", ",\"logEvents\":[]", ",\"logEvents\":[ \n ]",
                                          ",\"logEvents\":null", ",\"logEvents\":{}"}) {
    const ParsedObject got =
        parse_bytes(R"({"messageType":"DATA_MESSAGE","owner":"o","logGroup":"g","logStream":"s")" +
                    events + "}");
    EXPECT_THAT(got.events, IsEmpty());
    EXPECT_FALSE(got.error) << got.error_text() << events;
  }
}

TEST(ParseCloudwatch, control_messages_are_counted_and_their_events_are_not_sent) {
  const CloudwatchDocument control = sample_document(1, 2);
  const CloudwatchDocument data = sample_document(2, 2);
  const std::string text = document_head(control, "CONTROL_MESSAGE") +
                           as_aws_writes(control.events[0]) + "]}" + as_aws_writes(data) +
                           document_head(control, "CONTROL_MESSAGE") + "]}";
  const ParsedObject got = parse_bytes(text);
  EXPECT_EQ(got.control_messages, 2U);
  EXPECT_EQ(without_flags(got.events), expected_events({data}));
  EXPECT_FALSE(got.error) << got.error_text();
}

TEST(ParseCloudwatch, a_document_of_an_unknown_type_is_a_problem_and_not_sent) {
  const CloudwatchDocument data = sample_document(2, 2);
  const ParsedObject got = parse_bytes(as_aws_writes(data) + document_head(data, "NEWS") +
                                       as_aws_writes(data.events[0]) + "]}" + as_aws_writes(data));
  EXPECT_EQ(without_flags(got.events), expected_events({data, data}));
  EXPECT_EQ(got.control_messages, 0U);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_document);
  EXPECT_THAT(got.error->message, HasSubstr("document 2"));
}

TEST(ParseCloudwatch, many_events_fill_many_batches_and_count_on) {
  CloudwatchDocument document = sample_document(0, limits::batch_events_max * 2 + 10);
  const ParsedObject got = parse_bytes(as_aws_writes(document) + as_aws_writes(document));
  std::vector<ParsedEvent> expected = expected_events({document, document});
  EXPECT_TRUE(without_flags(got.events) == expected);
  EXPECT_FALSE(got.error);
}

TEST(ParseCloudwatch, a_full_batch_ends_exactly_at_its_bound) {
  for (const std::size_t count :
       {limits::batch_events_max - 1, limits::batch_events_max, limits::batch_events_max + 1}) {
    std::string text = document_head({});
    for (std::size_t i = 0; i < count; ++i)
      text += i == 0 ? "{\"message\":\"\"}" : ",{\"message\":\"\"}";
    const ParsedObject got = parse_bytes(text + "]}");
    EXPECT_EQ(got.events.size(), count);
    EXPECT_EQ(got.batch_sizes.front(), std::min(count, limits::batch_events_max));
    EXPECT_FALSE(got.error);
  }
}

}  // namespace
}  // namespace hecate
