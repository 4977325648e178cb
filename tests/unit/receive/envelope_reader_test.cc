// What splunkd makes of a body: which envelopes it takes, and which one it names.
#include "receive/envelope_reader.h"

#include <chrono>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/receive/hec_fixture.h"

namespace hecate::receive {
namespace {

struct Row {
  std::string body;
  int code;
  int number;  // -1: none
  uint64_t events;
};

void expect(Hec& hec, const Row& row) {
  const HecOutcome outcome = hec.events(row.body);
  EXPECT_EQ(outcome.answer.code, row.code) << row.body;
  EXPECT_EQ(outcome.events, row.events) << row.body;
  const std::string number = "\"invalid-event-number\":" + std::to_string(row.number) + "}";
  if (row.number < 0)
    EXPECT_EQ(outcome.answer.body.find("invalid-event-number"), std::string::npos) << row.body;
  else
    EXPECT_TRUE(outcome.answer.body.ends_with(number)) << row.body << outcome.answer.body;
}

TEST(EnvelopeReader, takes_stacked_envelopes_with_and_without_space_between) {
  Hec hec;
  expect(hec, {R"({"event":"a"})", 0, -1, 1});
  expect(hec, {R"({"event":"a"}{"event":"b"})", 0, -1, 2});
  expect(hec, {" \r\n{\"event\":\"a\"}\n\t {\"event\":\"b\"} \n", 0, -1, 2});
  expect(hec, {R"({"event":"a}{\"\\"}{"event":"b\\\\"})", 0, -1, 2});
}

TEST(EnvelopeReader, takes_a_top_level_array) {
  Hec hec;
  expect(hec, {R"([{"event":"a"},{"event":"b"}])", 0, -1, 2});
  expect(hec, {R"( [ {"event":"a"} , {"event":"b"} ] {"event":"c"})", 0, -1, 3});
  expect(hec, {R"([{"event":"a"},{"event":""}])", 13, 1, 1});
  expect(hec, {R"([{"event":"a"}{"event":"b"}])", 6, 1, 1});
  expect(hec, {R"([{"event":"a"},])", 6, 1, 1});
  expect(hec, {R"([{"event":"a"},{"event":"b"})", 6, 2, 2});
  expect(hec, {R"([,{"event":"a"}])", 6, 0, 0});
  expect(hec, {"[", 6, 0, 0});
  expect(hec, {"[]", 5, -1, 0});
  expect(hec, {R"(["a"])", 6, 0, 0});
}

TEST(EnvelopeReader, answers_an_empty_body_without_a_number) {
  Hec hec;
  expect(hec, {"", 5, -1, 0});
  expect(hec, {" \r\n\t", 5, -1, 0});
}

TEST(EnvelopeReader, names_the_first_bad_event_counting_from_zero) {
  Hec hec;
  expect(hec, {"nonsense", 6, 0, 0});
  expect(hec, {R"("text")", 6, 0, 0});
  expect(hec, {R"({"event":"a"} nonsense {"event":"b"})", 6, 1, 1});
  expect(hec, {R"({"event":"a"},{"event":"b"})", 6, 1, 1});
  expect(hec, {R"({"event":"a"}{"event":"b"}{"host":"h"})", 12, 2, 2});
  expect(hec, {R"({"event":"a"}{"event":""}{"host":"h"})", 13, 1, 1});
  expect(hec, {R"({"event":"a"}{"event":"b","fields":{"a":{"b":1}}})", 15, 1, 1});
}

TEST(EnvelopeReader, never_looks_behind_the_first_bad_event) {
  Hec hec;
  expect(hec, {R"({"event":""} { not json at all )", 13, 0, 0});
  expect(hec, {"{\"event\":\"a\"}{\"time\":\"x\",\"event\":1}\xFF\xFE{{{", 15, 1, 1});
}

TEST(EnvelopeReader, keeps_the_head_of_a_batch_that_is_refused) {
  Hec hec;
  expect(hec,
         {"{\"event\":\"a\"} {\"event\":\n\"b\"}{\"event\":\" \"}{\"event\":\"c\"}", 13, 2, 2});
  EXPECT_EQ(hec.accepted(), "{\"event\":\"a\"}\n{\"event\": \"b\"}\n");
}

TEST(EnvelopeReader, wants_an_event_that_is_not_blank) {
  Hec hec;
  for (const char* good : {R"("x")", "1", "-1.5", "true", "[0]", R"({"a":null})", R"(" x")"})
    expect(hec, {std::string(R"({"event":)") + good + "}", 0, -1, 1});
  for (const char* blank : {R"("")", R"(" ")", R"(" \t\n ")", "{}", "[]"})
    expect(hec, {std::string(R"({"event":)") + blank + "}", 13, 0, 0});
  for (const char* wrong : {"null", "false"})
    expect(hec, {std::string(R"({"event":)") + wrong + "}", 6, 0, 0});
  expect(hec, {"{}", 12, 0, 0});
  expect(hec, {R"({"time":1})", 12, 0, 0});
}

TEST(EnvelopeReader, wants_a_time_that_is_a_number) {
  Hec hec;
  for (const char* good : {"0", "1700000000.123", R"("1700000000.123")", R"("17")", "1.7e9"})
    expect(hec, {std::string(R"({"event":"a","time":)") + good + "}", 0, -1, 1});
  for (const char* bad : {R"("")", R"("now")", R"("1 ")", R"("nan")", "null", "true", "[1]", "{}"})
    expect(hec, {std::string(R"({"event":"a","time":)") + bad + "}", 15, 0, 0});
}

TEST(EnvelopeReader, wants_flat_fields) {
  Hec hec;
  for (const char* good : {"{}", R"({"a":"b","c":1,"d":true,"e":null})", R"({"a":["b",1]})"})
    expect(hec, {std::string(R"({"event":"a","fields":)") + good + "}", 0, -1, 1});
  for (const char* nested :
       {R"({"a":{}})", R"({"x":1,"a":{"b":1}})", R"({"a":[{}]})", R"({"a":[[]]})"})
    expect(hec, {std::string(R"({"event":"a","fields":)") + nested + "}", 15, 0, 0});
  for (const char* wrong : {"[]", R"("a")", "1", "null"})
    expect(hec, {std::string(R"({"event":"a","fields":)") + wrong + "}", 6, 0, 0});
}

TEST(EnvelopeReader, wants_strings_for_the_other_keys) {
  Hec hec;
  expect(hec, {R"({"event":"a","host":"h","source":"s","sourcetype":"t","index":"i"})", 0, -1, 1});
  for (const char* key : {"host", "source", "sourcetype", "index"})
    expect(hec, {std::string(R"({"event":"a",")") + key + R"(":1})", 6, 0, 0});
}

TEST(EnvelopeReader, counts_a_refused_index_from_one) {
  HecSettings settings = one_token();
  settings.indexes = {"main", "security"};
  Hec hec(settings);
  expect(hec, {R"({"event":"a","index":"other"})", 7, 1, 0});
  expect(hec, {R"({"event":"a"}{"event":"b","index":"main"}{"event":"c","index":"x"})", 7, 3, 2});
  expect(hec, {R"({"event":"a","index":""}{"event":"b","index":"security"})", 0, -1, 2});
}

TEST(EnvelopeReader, stops_silently_at_an_unknown_key) {
  Hec hec;
  expect(hec, {R"({"event":"a"}{"event":"b","severity":"high"}{"event":"c"})", 0, -1, 1});
  EXPECT_EQ(hec.accepted(), "{\"event\":\"a\"}\n");
  EXPECT_TRUE(hec.events(R"({"severity":"high","event":"b"} nonsense)").stopped_early);
  expect(hec, {R"({"Event":"a"})", 0, -1, 0});
  EXPECT_FALSE(hec.events(R"({"event":"b"})").stopped_early);
}

TEST(EnvelopeReader, refuses_what_is_no_json_or_no_utf8) {
  Hec hec;
  expect(hec, {"{\"event\":\"\xFF\"}", 6, 0, 0});
  expect(hec, {"{\"event\":\"a\"}{\"event\":\"\xC3\x28\"}", 6, 1, 1});
  expect(hec, {"{\"event\":\"a\nb\"}", 6, 0, 0});
  expect(hec, {R"({"event":"a")", 6, 0, 0});
  expect(hec, {R"({"event":"a)", 6, 0, 0});
  expect(hec, {R"({"event":"a\"})", 6, 0, 0});
  expect(hec, {R"({"event":"\x"})", 6, 0, 0});
  expect(hec, {R"({"event":[1}})", 6, 0, 0});
  expect(hec, {R"({'event':'a'})", 6, 0, 0});
  expect(hec, {R"({"event":tru})", 6, 0, 0});
  expect(hec, {R"({"event":"a",})", 6, 0, 0});
  expect(hec, {std::string("\0", 1), 6, 0, 0});
  expect(hec, {"\xEF\xBB\xBF{\"event\":\"a\"}", 6, 0, 0});
}

TEST(EnvelopeReader, refuses_an_envelope_over_the_size_limit) {
  HecSettings settings = one_token();
  settings.event_bytes_max = 100;
  Hec hec(settings);
  const std::string just_right = R"({"event":")" + std::string(88, 'x') + R"("})";
  const std::string too_long = R"({"event":")" + std::string(89, 'x') + R"("})";
  ASSERT_EQ(just_right.size(), 100u);
  expect(hec, {just_right + just_right, 0, -1, 2});
  expect(hec, {just_right + too_long + just_right, 6, 1, 1});
}

TEST(EnvelopeReader, hands_out_event_ids) {
  Hec hec;
  hec.events(
      R"({"event":"a","fields":{"event_id":"x"}}{"event":"b"}{"event":"c","fields":{"event_id":"x"}})"
      R"({"event":"d","fields":{"event_id":"y"}}{"event":"","fields":{"event_id":"z"}})");
  ASSERT_EQ(hec.event_ids().size(), 3u);
  EXPECT_EQ(hec.event_ids()[0], hec.event_ids()[1]);
  EXPECT_NE(hec.event_ids()[0], hec.event_ids()[2]);
}

// Any prefix of good envelopes must come through untouched, whatever surrounds them.
TEST(EnvelopeReader, finds_the_same_envelopes_as_were_written) {
  const unsigned seed = 20240607;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> pieces = {"\\\"",     "\\\\", "{", "}",   "[", "]",      "a",
                                           "\xC3\xA4", ",",    ":", "\\n", " ", "\\u0041"};
  for (int round = 0; round < 200; ++round) {
    std::string body;
    std::string lines;
    const size_t count = random() % 50;
    for (size_t i = 0; i < count; ++i) {
      std::string envelope = R"({"time":)" + std::to_string(random()) + R"(,"event":"x)";
      for (size_t n = random() % 40; n > 0; --n) envelope += pieces[random() % pieces.size()];
      envelope += R"(","fields":{"a":["}","{"]}})";
      body += envelope;
      if (random() % 2 == 0) body += '\n';
      lines += envelope + '\n';
    }
    Hec hec;
    const HecOutcome outcome = hec.events(body + "!");
    ASSERT_EQ(outcome.answer.code, 6);
    ASSERT_EQ(outcome.events, count);
    ASSERT_EQ(hec.accepted(), lines);
  }
}

// 16 MB each of what could make a careless scanner go back and forth. Quadratic work would take
// hours; the limit is generous so that slow machines and sanitizers pass.
TEST(EnvelopeReader, stays_linear_on_hostile_bodies) {
  constexpr size_t bytes = 16 * 1024 * 1024;
  const auto begin = std::chrono::steady_clock::now();
  HecSettings settings;
  settings.event_bytes_max = bytes;
  settings.tokens = {std::string(token)};
  Hec hec(settings);
  std::string tiny;
  while (tiny.size() < bytes) tiny += R"({"event":1})";
  EXPECT_EQ(hec.events(tiny).answer.code, 0);
  EXPECT_EQ(hec.events(std::string(bytes, '{')).answer.code, 6);
  EXPECT_EQ(hec.events("{\"event\":\"" + std::string(bytes, '\\')).answer.code, 6);
  std::string quotes = "{\"event\":\"";
  while (quotes.size() < bytes) quotes += "\\\"";
  EXPECT_EQ(hec.events(quotes).answer.code, 6);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

}  // namespace
}  // namespace hecate::receive
