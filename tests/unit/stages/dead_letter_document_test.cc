// Dead letters of three makers, told apart by what they hold.
#include "stages/dead_letter_document.h"

#include <string>

#include <gtest/gtest.h>

#include "pipeline/buffer.h"

namespace hecate {
namespace {

class DeadLetterDocuments : public testing::Test {
 protected:
  Result<DeadLetterDocument> read(const std::string& text) {
    padded_.clear();
    padded_.append(text);
    return reader_.read(padded_.view());
  }
  bool hec(const std::string& text) {
    padded_.clear();
    padded_.append(text);
    return is_hec_event(padded_.view(), kernels_);
  }
  std::string why_not(const std::string& text) {
    const Result<DeadLetterDocument> got = read(text);
    if (got) return "it is one";
    EXPECT_EQ(got.error().code, Errc::bad_document);
    return got.error().message;
  }

  Buffer padded_;
  const ScanKernels& kernels_ = select_scan_kernels();
  DeadLetterReader reader_{kernels_};
};

TEST_F(DeadLetterDocuments, own_ones_give_their_event_as_it_is_stored) {
  const auto got =
      read(R"({"reason":"too_large","detail":"d","attempts":2,"origin":{"uri":"/a","record":7},)"
           R"("time":1.5,"event": { "event":"x\u00e4", "time":1.50 } })");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->kind, DeadLetterKind::own);
  EXPECT_EQ(got->event, R"({ "event":"x\u00e4", "time":1.50 })");
  EXPECT_EQ(got->record.reason, DeadLetterReason::too_large);
  EXPECT_EQ(got->record.uri, "/a");
  EXPECT_EQ(got->record.record, 7U);
}

TEST_F(DeadLetterDocuments, what_hecate_writes_is_read_with_members_in_any_order) {
  std::string line;
  DeadLetter letter;
  letter.reason = DeadLetterReason::hec_rejected;
  letter.detail = "quotes \" and braces }";
  letter.uri = "/\xc3\xa4";
  letter.event = R"({"event":{"reason":"inner","origin":"inner","rawData":"inner"}})";
  append_dead_letter(line, letter);
  line.pop_back();
  const auto got = read(line);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->event, letter.event);
  EXPECT_EQ(got->record.detail, letter.detail);
  EXPECT_EQ(got->record.uri, letter.uri);
  const auto turned =
      read(R"({"event":{"event":1},"x":null,"origin":{"uri":"/b"},"reason":"bad_document"})");
  ASSERT_TRUE(turned) << turned.error().message;
  EXPECT_EQ(turned->event, R"({"event":1})");
  EXPECT_EQ(turned->record.uri, "/b");
}

TEST_F(DeadLetterDocuments, whole_objects_have_no_event) {
  const auto got = read(R"({"reason":"bad_object","origin":{"uri":"/a"},"time":1})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->kind, DeadLetterKind::own);
  EXPECT_TRUE(got->event.empty());
}

TEST_F(DeadLetterDocuments, own_ones_that_are_not_as_hecate_writes_them_are_refused) {
  EXPECT_NE(why_not(R"({"reason":"boredom","origin":{"uri":"/a"}})"), "it is one");
  EXPECT_NE(why_not(R"({"reason":"too_large","origin":"/a"})"), "it is one");
  EXPECT_NE(why_not(R"({"reason":"too_large","origin":{"uri":"/a"},"event":"text"})"), "it is one");
  EXPECT_NE(why_not(R"({"reason":"too_large","origin":{"uri":"/a"},"x":")" +
                    std::string(300'000, 'x') + "\"}"),
            "it is one");
}

TEST_F(DeadLetterDocuments, an_event_may_be_as_large_as_events_get) {
  const std::string event = "{\"event\":\"" + std::string(5'000'000, 'x') + "\"}";
  const auto got = read(R"({"reason":"too_large","origin":{"uri":"/a"},"event":)" + event + "}");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->event, event);
}

TEST_F(DeadLetterDocuments, firehose_wraps_what_it_was_given) {
  const auto got =
      read(R"({"attemptsMade":4,"arrivalTimestamp":1706745600123,"errorCode":"Splunk.AckTimeout",)"
           R"("rawData":"QUJD\/w==","lambdaArn":"arn"})");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->kind, DeadLetterKind::firehose);
  EXPECT_EQ(got->base64(), "QUJD/w==");
  EXPECT_EQ(got->arrival_ms, 1706745600123);
  const auto bare = read(R"({"rawData":"QUJD","arrivalTimestamp":"soon"})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->base64(), "QUJD");
  EXPECT_EQ(bare->arrival_ms, std::nullopt);
}

TEST_F(DeadLetterDocuments, invocations_are_found_in_each_of_their_wrappings) {
  const std::string event = R"({"awslogs":{"data":"QUJD"}})";
  const std::string record = R"({"version":"1.0","requestPayload":)" + event + "}";
  for (const std::string& text :
       {event, record, R"({"detail-type":"x","detail":)" + record + "}"}) {
    const auto got = read(text);
    ASSERT_TRUE(got) << text << ": " << got.error().message;
    EXPECT_EQ(got->kind, DeadLetterKind::lambda);
    EXPECT_EQ(got->base64(), "QUJD");
  }
}

TEST_F(DeadLetterDocuments, what_is_none_is_called_what_it_is) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"requestPayload":{"Records":[]}})", "CloudWatch"},
      {R"({"requestPayload":"text"})", "CloudWatch"},
      {R"({"messageType":"DATA_MESSAGE","logEvents":[]})", "hecate backfill"},
      {R"({"level":"info"})", "no dead letter"},
      {R"({"detail":"text"})", "no dead letter"},
      {R"({})", "no dead letter"},
      {R"({"rawData":""})", "no data"},
      {R"({"rawData":7})", "no data"},
      {R"({"awslogs":{}})", "no data"},
      {R"({"awslogs":{"data":null}})", "no data"},
      {R"({"awslogs":"text"})", "no data"},
      {R"({"a" "b"})", "broken"},
      {R"({"a":1]})", "broken"},
      {R"({"a":1,})", "broken"},
  };
  for (const auto& [text, word] : cases)
    EXPECT_NE(why_not(text).find(word), std::string::npos) << text << ": " << why_not(text);
}

TEST_F(DeadLetterDocuments, hec_events_have_an_event_and_no_unknown_key) {
  EXPECT_TRUE(hec(R"({"event":"x"})"));
  EXPECT_TRUE(hec(R"({ "time":1.5,"host":"h","source":"s","sourcetype":"t","index":"i",)"
                  R"("event":{"a":1},"fields":{"b":"c"} })"));
  EXPECT_FALSE(hec(R"({"event":"x","message":"y"})"));
  EXPECT_FALSE(hec(R"({"time":1.5,"host":"h"})"));
  EXPECT_FALSE(hec(R"({"event":null})"));
  EXPECT_FALSE(hec(R"({"event":""})"));
  EXPECT_FALSE(hec("{}"));
  EXPECT_FALSE(hec(R"({"event":"x")"));
}

}  // namespace
}  // namespace hecate
