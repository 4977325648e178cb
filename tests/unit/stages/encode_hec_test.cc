// HEC objects: the exact bytes of each shape, and that every message arrives as it was logged.
#include "stages/encode_hec.h"

#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "pipeline/json_text.h"
#include "stages/event_id.h"
#include "stages/unescape.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_batch.h"

namespace hecate {
namespace {

const std::string digits56 = "34622316099697884706540976068822859012661220141643892546";

void fill(Metadata& metadata) {
  metadata.host = "stream";
  metadata.source = "/prod/app";
  metadata.sourcetype = "aws:cloudwatchlogs";
  metadata.fields = {{"aws_account_id", "123456789012"}};
}

class EncodeHecTest : public testing::Test {
 protected:
  void encode(EncodeHec::Options options = {}) {
    Unescape unescape({});
    ASSERT_TRUE(unescape.process(*batch_));
    EncodeHec stage(options);
    ASSERT_TRUE(stage.process(*batch_));
    ASSERT_EQ(batch_->encoded_ends.size(), batch_->events.size());
  }
  std::string line(std::size_t i) {
    const std::size_t begin = i == 0 ? 0 : batch_->encoded_ends[i - 1];
    return std::string(batch_->encoded.view(begin, batch_->encoded_ends[i] - begin));
  }
  static Event& timed(Event& event, std::int64_t time_ms = 1440442987001) {
    event.time_ms = time_ms;
    event.id_hash = 0x0123456789abcdef;  // ASNFZ4mrze8
    return event;
  }
  TestBatch batch_;
};

TEST_F(EncodeHecTest, writes_a_text_event_exactly_so) {
  fill(batch_.begin_metadata());
  timed(batch_.add_json(R"(say \"hi\"\n\u00e9 \/)"));
  encode();
  EXPECT_EQ(line(0), R"({"time":1440442987.001,"host":"stream","source":"/prod/app",)"
                     R"("sourcetype":"aws:cloudwatchlogs","event":"say \"hi\"\n\u00e9 \/",)"
                     R"("fields":{"aws_account_id":"123456789012","event_id":"ASNFZ4mrze8"}})"
                     "\n");
}

TEST_F(EncodeHecTest, leaves_out_keys_without_a_value) {
  batch_.begin_metadata();
  timed(batch_.add_json("a"));
  timed(batch_.add_json("b")).flags |= EventFlags::no_time;
  encode({.shape = EventShape::text, .event_id = EventIdShape::none});
  EXPECT_EQ(line(0), R"({"time":1440442987.001,"event":"a"})"
                     "\n");
  EXPECT_EQ(line(1), R"({"event":"b"})"
                     "\n");
}

TEST_F(EncodeHecTest, writes_the_index_and_escapes_whatever_metadata_holds) {
  Metadata& metadata = batch_.begin_metadata();
  metadata.host = "h\"1\"";
  metadata.source = "a\\b\n";
  metadata.sourcetype = "caf\xc3\xa9";
  metadata.index = "main";
  metadata.fields = {{"k\"", "v\t"}, {"region", "eu-west-1"}};
  batch_.add_json("x");
  encode({.shape = EventShape::text, .event_id = EventIdShape::none});
  EXPECT_EQ(line(0), R"({"time":0.000,"host":"h\"1\"","source":"a\\b\n","sourcetype":"caf)"
                     "\xc3\xa9"
                     R"(","index":"main","event":"x","fields":{"k\"":"v\t","region":"eu-west-1"}})"
                     "\n");
}

TEST_F(EncodeHecTest, writes_full_ids_as_cloudwatch_made_them_or_by_object_and_ordinal) {
  batch_.begin_metadata();
  batch_->first_record = 40;
  batch_.add_json("a", digits56);
  batch_.add_json("b");
  batch_.add_json("c", "not \\\" plain");
  encode({.shape = EventShape::text, .event_id = EventIdShape::full});
  const std::string object = object_hash_hex("s3://bucket/object", "etag");
  EXPECT_EQ(line(0), R"({"time":0.000,"event":"a","fields":{"event_id":")" + digits56 + "\"}}\n");
  EXPECT_EQ(line(1), R"({"time":0.000,"event":"b","fields":{"event_id":")" + object + "-41\"}}\n");
  EXPECT_EQ(line(2), R"({"time":0.000,"event":"c","fields":{"event_id":")" + object + "-42\"}}\n");
}

TEST_F(EncodeHecTest, full_ids_follow_the_object_when_a_stage_is_used_again) {
  EncodeHec stage({.shape = EventShape::text, .event_id = EventIdShape::full});
  std::set<std::string> ids;
  for (const char* uri : {"one", "two", "one"}) {
    TestBatch batch;
    batch.envelope().uri = uri;
    batch.begin_metadata();
    batch.add_plain("x");
    ASSERT_TRUE(stage.process(*batch));
    const std::string id = object_hash_hex(uri, "etag") + "-0\"}}\n";
    EXPECT_TRUE(batch->encoded.view().ends_with(id)) << batch->encoded.view();
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 2U);
}

// An identity changes with the content: the same place may hold another object later.
TEST_F(EncodeHecTest, full_ids_follow_the_identity_of_an_object_that_was_replaced) {
  EncodeHec stage({.shape = EventShape::text, .event_id = EventIdShape::full});
  for (const char* identity : {"etag1", "etag2"}) {
    TestBatch batch;
    batch.envelope().identity = identity;
    batch.begin_metadata();
    batch.add_plain("x");
    ASSERT_TRUE(stage.process(*batch));
    EXPECT_TRUE(batch->encoded.view().ends_with(object_hash_hex("s3://bucket/object", identity) +
                                                "-0\"}}\n"))
        << identity;
  }
}

TEST_F(EncodeHecTest, a_field_called_event_id_does_not_double_the_id) {
  batch_.begin_metadata().fields = {{"event_id", "mine"}, {"a", "b"}};
  timed(batch_.add_json("x"));
  encode();
  EXPECT_TRUE(line(0).ends_with(R"("fields":{"a":"b","event_id":"ASNFZ4mrze8"}})"
                                "\n"))
      << line(0);
  batch_->clear();
  batch_.begin_metadata().fields = {{"event_id", "mine"}};
  batch_.add_json("x");
  encode({.shape = EventShape::text, .event_id = EventIdShape::none});
  EXPECT_TRUE(line(0).ends_with(R"("fields":{"event_id":"mine"}})"
                                "\n"))
      << line(0);
}

TEST_F(EncodeHecTest, marks_truncated_events_with_and_without_other_fields) {
  const auto encoded = [&](EventIdShape ids, bool fields) {
    batch_->clear();
    Metadata& metadata = batch_.begin_metadata();
    if (fields) metadata.fields = {{"a", "b"}};
    timed(batch_.add_json("x")).truncated = true;
    encode({.shape = EventShape::text, .event_id = ids});
    return line(0).substr(line(0).find("\"event\""));
  };
  EXPECT_EQ(encoded(EventIdShape::none, false), R"("event":"x","fields":{"truncated":"true"}})"
                                                "\n");
  EXPECT_EQ(encoded(EventIdShape::none, true),
            R"("event":"x","fields":{"a":"b","truncated":"true"}})"
            "\n");
  EXPECT_EQ(encoded(EventIdShape::short_id, true),
            R"("event":"x","fields":{"a":"b","event_id":"ASNFZ4mrze8","truncated":"true"}})"
            "\n");
  EXPECT_EQ(encoded(EventIdShape::short_id, false),
            R"("event":"x","fields":{"event_id":"ASNFZ4mrze8","truncated":"true"}})"
            "\n");
}

TEST_F(EncodeHecTest, sends_json_objects_as_objects_when_asked_to) {
  batch_.begin_metadata();
  for (const char* raw :
       {R"({\"a\":1})", R"( {\"a\":\n{\"b\":[2]}} )", R"([1])", R"({\"a\":1)", R"(\"x\")",
        R"(text {\"a\":1})", R"({\"a\":1} {\"b\":2})", R"({})", "{"}) {
    batch_.add_json(raw);
  }
  encode({.shape = EventShape::json, .event_id = EventIdShape::none});
  const char* wanted[] = {
      R"({"a":1})",          R"( {"a": {"b":[2]}} )",    R"("[1]")", R"("{\"a\":1")", R"("\"x\"")",
      R"("text {\"a\":1}")", R"("{\"a\":1} {\"b\":2}")", "{}",       R"("{")"};
  for (std::size_t i = 0; i < std::size(wanted); ++i)
    EXPECT_EQ(line(i), "{\"time\":0.000,\"event\":" + std::string(wanted[i]) + "}\n");
}

TEST_F(EncodeHecTest, writes_the_envelope_of_the_original_lambda) {
  Metadata& metadata = batch_.begin_metadata();
  metadata.host = "stream";
  metadata.log_group = "/aws/lambda/x_prod_shop_pay";
  metadata.environment = "prod";
  metadata.application = "shop";
  metadata.application_component = "pay";
  batch_.add_json(R"(2024-01-01T00:00:00Z\t8a7b6c5d-0000-4000-8000-123456789abc\tINFO\thi)");
  batch_.add_json("none");
  encode({.shape = EventShape::envelope, .event_id = EventIdShape::none});
  const std::string head =
      R"({"time":0.000,"host":"stream","event":{"environment":"prod","application":"shop",)"
      R"("application_component":"pay","log_group":"/aws/lambda/x_prod_shop_pay","awsRequestId":")";
  EXPECT_EQ(line(0),
            head + R"(8a7b6c5d-0000-4000-8000-123456789abc","message":)"
                   R"("2024-01-01T00:00:00Z\t8a7b6c5d-0000-4000-8000-123456789abc\tINFO\thi"}})"
                   "\n");
  EXPECT_EQ(line(1), head + R"(","message":"none"}})"
                            "\n");
}

TEST_F(EncodeHecTest, json_values_go_out_without_quotes_on_one_line) {
  batch_.begin_metadata();
  batch_.add_value("{\"eventName\":\n \"X\"}");
  encode({.shape = EventShape::text, .event_id = EventIdShape::none});
  EXPECT_EQ(line(0), R"({"time":0.000,"event":{"eventName":  "X"}})"
                     "\n");
}

TEST_F(EncodeHecTest, writes_times_by_integers) {
  batch_.begin_metadata();
  const std::vector<std::pair<std::int64_t, std::string>> times{
      {0, "0.000"},
      {1, "0.001"},
      {999, "0.999"},
      {1000, "1.000"},
      {1099, "1.099"},
      {1440442987001, "1440442987.001"},
      {1440442987999, "1440442987.999"},
      {253402300799999, "253402300799.999"},
      {INT64_MAX, "9223372036854775.807"}};
  for (const auto& [ms, text] : times) batch_.add_json("x").time_ms = ms;
  batch_.add_json("x").time_ms = -1;
  encode({.shape = EventShape::text, .event_id = EventIdShape::none});
  for (std::size_t i = 0; i < times.size(); ++i)
    EXPECT_EQ(line(i), "{\"time\":" + times[i].second + ",\"event\":\"x\"}\n");
  EXPECT_EQ(line(times.size()), "{\"event\":\"x\"}\n");
}

TEST_F(EncodeHecTest, encodes_what_is_kept_and_dead_letters_and_nothing_else) {
  batch_.begin_metadata();
  batch_.add_json("a");
  batch_.add_json("b").fate = Fate::filtered;
  batch_.add_json("c").fate = Fate::dead_letter;
  batch_.add_json("d").fate = Fate::resumed;
  encode();
  EXPECT_NE(line(0), "");
  EXPECT_EQ(line(1), "");
  EXPECT_NE(line(2).find("\"event\":\"c\""), std::string::npos);
  EXPECT_EQ(line(3), "");
  EXPECT_EQ(batch_->encoded_ends[3], batch_->encoded.size());
}

TEST(LambdaRequestId, is_found_in_the_lines_that_lambda_writes) {
  const std::string id = "8a7b6c5d-0000-4000-8000-123456789ABC";
  EXPECT_EQ(lambda_request_id("START RequestId: " + id + " Version: 1\n"), id);
  EXPECT_EQ(lambda_request_id("RequestId: " + id), id);
  EXPECT_EQ(lambda_request_id("2024-01-01T00:00:00.000Z\t" + id + "\tINFO\tx"), id);
  EXPECT_EQ(lambda_request_id("RequestId: short\t" + id), id);
  for (const std::string& none :
       {std::string(), std::string("x"), "\nRequestId: " + id, "a\tb\t" + id,
        "RequestId: " + id.substr(1), "\t" + id.substr(0, 35) + "g",
        std::string(600, 'x') + "RequestId: " + id}) {
    EXPECT_EQ(lambda_request_id(none), "") << none;
  }
}

/// `text` as JSON, each character spelt in one of the ways JSON allows.
std::string spelt(const std::string& text, SeededRandom& random) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8_sequence_length(std::string_view(text).substr(i));
    const std::string character = text.substr(i, size);
    i += size;
    if (size == 1 && random.below(3) == 0) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, random.below(2) == 0 ? "\\u%04x" : "\\u%04X",
                    character[0]);
      out += buffer;
    } else if (character == "/" && random.below(2) == 0) {
      out += "\\/";
    } else if (character == "\xf0\x9f\x98\x80" && random.below(2) == 0) {
      out += "\\ud83d\\uDE00";
    } else {
      append_json_escaped(out, character);
    }
  }
  return out;
}

/// Checks a line and returns its event's text.
std::string event_of(simdjson::dom::parser& parser, const std::string& line, bool in_envelope) {
  simdjson::dom::object object;
  EXPECT_EQ(parser.parse(line).get(object), simdjson::SUCCESS) << line;
  static const std::set<std::string_view> known{"time",  "host",  "source", "sourcetype",
                                                "index", "event", "fields"};
  std::set<std::string_view> keys;
  for (const auto& member : object) {
    EXPECT_EQ(known.count(member.key), 1U) << member.key;
    EXPECT_TRUE(keys.insert(member.key).second) << member.key << " twice";
  }
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "an event is one line";
  std::string_view text;
  EXPECT_EQ((in_envelope ? object["event"]["message"] : object["event"]).get(text),
            simdjson::SUCCESS);
  return std::string(text);
}

TEST_F(EncodeHecTest, every_message_arrives_as_it_was_logged) {
  const std::uint64_t seed = test_seed(5);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  const std::string characters[] = {
      "a",  "B",  " ",    "\"",   "\\",   "/",        "\n",           "\t",
      "\r", "\b", "\x01", "\x1f", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
      "{",  "}"};
  simdjson::dom::parser parser;
  for (int round = 0; round < 60; ++round) {
    TestBatch batch;
    fill(batch.begin_metadata());
    std::vector<std::string> messages;
    for (int i = 0; i < 50; ++i) {
      std::string text = "m";
      for (std::size_t n = random.below(120); n > 0; --n)
        text += characters[random.below(std::size(characters))];
      if (random.below(2) == 0) {
        batch.add_json(spelt(text, random)).truncated = random.below(10) == 0;
      } else {
        batch.add_plain(text);
      }
      messages.push_back(text);
    }
    const EncodeHec::Options options{round % 2 == 0 ? EventShape::text : EventShape::envelope,
                                     static_cast<EventIdShape>(round % 3)};
    Unescape unescape({.need_messages = options.shape != EventShape::text});
    ASSERT_TRUE(unescape.process(*batch));
    EncodeHec stage(options);
    ASSERT_TRUE(stage.process(*batch));
    std::size_t begin = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const std::size_t end = batch->encoded_ends[i];
      const std::string line(batch->encoded.view(begin, end - begin));
      ASSERT_EQ(event_of(parser, line, options.shape == EventShape::envelope), messages[i]) << line;
      begin = end;
    }
  }
}

}  // namespace
}  // namespace hecate
