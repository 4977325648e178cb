// The line format of dead letters is a promise to users: pinned here, byte for byte, and read back.
#include "stages/dead_letter_record.h"

#include <string>

#include <gtest/gtest.h>

namespace hecate {
namespace {

const std::string event =
    R"({"time":1440442987.001,"host":"h","event":"a \"b\" \ud800 99999999999999999999"})";

DeadLetter full_letter() {
  DeadLetter letter;
  letter.reason = DeadLetterReason::hec_rejected;
  letter.detail = "Invalid \"data\"\nformat";
  letter.hec_code = 6;
  letter.http_status = 400;
  letter.attempts = 3;
  letter.uri = "s3://bucket/key \xff.gz";
  letter.etag = "0123abcd";
  letter.record = 18'000'000'000'000'000'000U;
  letter.time_ms = 1'440'442'987'001;
  letter.event = event;
  return letter;
}

std::string line_of(const DeadLetter& letter) {
  std::string line;
  append_dead_letter(line, letter);
  return line;
}

TEST(DeadLetterRecord, writes_all_that_is_known_in_a_fixed_order) {
  EXPECT_EQ(line_of(full_letter()),
            R"({"reason":"hec_rejected","detail":"Invalid \"data\"\nformat","hec_code":6,)"
            R"("http_status":400,"attempts":3,"origin":{"uri":"s3://bucket/key )"
            "\xef\xbf\xbd"
            R"(.gz","etag":"0123abcd","record":18000000000000000000},"time":1440442987.001,)"
            R"("event":)" +
                event + "}\n");
}

TEST(DeadLetterRecord, leaves_out_what_is_not_known) {
  DeadLetter letter;
  letter.reason = DeadLetterReason::bad_object;
  letter.detail = "gzip CRC mismatch";
  letter.uri = "/a.gz";
  letter.time_ms = 1005;
  EXPECT_EQ(line_of(letter), R"({"reason":"bad_object","detail":"gzip CRC mismatch","attempts":0,)"
                             R"("origin":{"uri":"/a.gz"},"time":1.005})"
                             "\n");
}

TEST(DeadLetterRecord, names_every_reason) {
  EXPECT_EQ(dead_letter_reason_name(DeadLetterReason::hec_rejected), "hec_rejected");
  EXPECT_EQ(dead_letter_reason_name(DeadLetterReason::too_large), "too_large");
  EXPECT_EQ(dead_letter_reason_name(DeadLetterReason::bad_object), "bad_object");
  EXPECT_EQ(dead_letter_reason_name(DeadLetterReason::bad_document), "bad_document");
}

TEST(DeadLetterRecord, writes_times_by_integers) {
  const auto time = [](std::int64_t ms) {
    DeadLetter letter;
    letter.time_ms = ms;
    const std::string line = line_of(letter);
    const std::size_t begin = line.find("\"time\":") + 7;
    return line.substr(begin, line.find('}', begin) - begin);
  };
  EXPECT_EQ(time(0), "0.000");
  EXPECT_EQ(time(1), "0.001");
  EXPECT_EQ(time(-1), "-0.001");
  EXPECT_EQ(time(-1'500), "-1.500");
  EXPECT_EQ(time(253'402'300'799'999), "253402300799.999");
  EXPECT_EQ(time(std::numeric_limits<std::int64_t>::min()), "-9223372036854775.808");
}

TEST(DeadLetterRecord, stays_on_one_line_whatever_the_event_holds) {
  DeadLetter letter = full_letter();
  letter.event = "{\n\"event\":\r\n\"x\"}\n";
  const std::string line = line_of(letter);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("\"event\":{ \"event\":  \"x\"}}\n"), std::string::npos) << line;
  letter.event = "no object\n{";
  const std::string odd = line_of(letter);
  EXPECT_EQ(odd.find('\n'), odd.size() - 1);
  EXPECT_NE(odd.find("\"event\":\"no object\\n{\"}"), std::string::npos) << odd;
}

TEST(DeadLetterRecord, is_read_back_as_it_was_written) {
  DeadLetterParser parser;
  const DeadLetter letter = full_letter();
  for (int i = 0; i < 2; ++i) {
    const Result<DeadLetterRecord> read = parser.parse(line_of(letter));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->reason, letter.reason);
    EXPECT_EQ(read->detail, letter.detail);
    EXPECT_EQ(read->hec_code, 6);
    EXPECT_EQ(read->http_status, 400);
    EXPECT_EQ(read->attempts, 3);
    EXPECT_EQ(read->uri, "s3://bucket/key \xef\xbf\xbd.gz");
    EXPECT_EQ(read->etag, letter.etag);
    EXPECT_EQ(read->record, letter.record);
    EXPECT_EQ(read->time_ms, letter.time_ms);
    EXPECT_EQ(read->event, event) << "byte for byte";
  }
}

TEST(DeadLetterRecord, is_read_in_any_order_and_past_unknown_keys) {
  DeadLetterParser parser;
  const Result<DeadLetterRecord> read = parser.parse(
      R"( { "event" : {"event":{"a":[1,{"}":"{"}]}} , "new":[{"reason":1}], "time":12 ,)"
      R"("origin":{"x":null,"uri":"/a"},"reason":"too_large"} )"
      "\r\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->event, R"({"event":{"a":[1,{"}":"{"}]}})");
  EXPECT_EQ(read->time_ms, 12'000);
  EXPECT_EQ(read->uri, "/a");
  EXPECT_EQ(read->reason, DeadLetterReason::too_large);
  EXPECT_FALSE(read->record);
  EXPECT_FALSE(read->hec_code);
}

TEST(DeadLetterRecord, half_a_line_is_never_taken_for_a_whole_one) {
  DeadLetterParser parser;
  std::string line = line_of(full_letter());
  line.pop_back();
  for (std::size_t size = 0; size < line.size(); ++size) {
    const Result<DeadLetterRecord> read = parser.parse(std::string_view(line).substr(0, size));
    ASSERT_FALSE(read) << line.substr(0, size);
    EXPECT_EQ(read.error().code, Errc::corrupt_state);
  }
  EXPECT_TRUE(parser.parse(line));
}

TEST(DeadLetterRecord, refuses_lines_that_are_no_dead_letters) {
  DeadLetterParser parser;
  for (const char* line : {
           "",
           "[]",
           "{}",
           "{\"reason\":\"too_large\"}",
           "{\"origin\":{}}",
           R"({"reason":"other","origin":{}})",
           R"({"reason":5,"origin":{}})",
           R"({"reason":"too_large","origin":[]})",
           R"({"reason":"too_large","origin":{},"time":"x"})",
           R"({"reason":"too_large","origin":{},"time":99999999999999999999})",
           R"({"reason":"too_large","origin":{},"event":"text"})",
           R"({"reason":"too_large","origin":{},"hec_code":99999999999})",
           R"({"reason":"too_large","origin":{"record":-1}})",
           R"({"reason":"too_large","origin":{}}{})",
           R"({"reason":"too_large","origin":{},})",
       }) {
    const Result<DeadLetterRecord> read = parser.parse(line);
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, Errc::corrupt_state);
  }
}

TEST(DeadLetterRecord, refuses_an_event_with_damage_in_it) {
  DeadLetterParser parser;
  const std::string before = R"({"reason":"too_large","origin":{},"event":)";
  EXPECT_TRUE(parser.parse(before + R"({"event":"a","fields":{"x":"y"}}})"));
  EXPECT_FALSE(parser.parse(before + R"({"event":"a","fields"@{"x":"y"}}})"));
  EXPECT_FALSE(parser.parse(before + R"({"event":"a" "fields":{"x":"y"}}})"));
  EXPECT_FALSE(parser.parse(before + R"({"event":"a",,"fields":{"x":"y"}}})"));
}

TEST(DeadLetterRecord, errors_never_quote_the_event) {
  DeadLetterParser parser;
  const Result<DeadLetterRecord> read = parser.parse(R"({"event":{"event":"hush"},"reason":1})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace hecate
