// Who may send, where, and in which wrapping: everything of the protocol but the events themselves.
#include "receive/hec_protocol.h"

#include <gtest/gtest.h>

#include "pipeline/json_text.h"
#include "tests/unit/receive/hec_fixture.h"

namespace hecate::receive {
namespace {

constexpr std::string_view one_event = R"({"event":"hello"})";

// Status and body of an answer in one string, for one-line expectations.
std::string said(const HecOutcome& outcome) {
  return std::to_string(outcome.answer.status) + " " + outcome.answer.body;
}

std::string said(Hec& hec, HecRequest request, std::string_view body = one_event) {
  return said(hec.send(request, body));
}

TEST(HecAnswer, knows_every_code_with_its_status_and_text) {
  const std::vector<HecCode> expected = {
      {0, 200, "Success"},
      {1, 403, "Token disabled"},
      {2, 401, "Token is required"},
      {3, 401, "Invalid authorization"},
      {4, 403, "Invalid token"},
      {5, 400, "No data"},
      {6, 400, "Invalid data format"},
      {7, 400, "Incorrect index"},
      {8, 500, "Internal server error"},
      {9, 503, "Server is busy"},
      {10, 400, "Data channel is missing"},
      {11, 400, "Invalid data channel"},
      {12, 400, "Event field is required"},
      {13, 400, "Event field cannot be blank"},
      {14, 400, "ACK is disabled"},
      {15, 400, "Error in handling indexed fields"},
      {16, 400, "Query string authorization is not enabled"},
      {17, 200, "HEC is healthy"},
      {18, 503, "HEC is unhealthy, queues are full"},
      {19, 503, "HEC is unhealthy, ack service unavailable"},
      {20, 503, "HEC is unhealthy, queues are full, ack service unavailable"},
      {21, 400, "Invalid token"},
      {22, 400, "Token disabled"},
      {23, 503, "Server is shutting down"},
      {24, 200, "HEC queue is approaching its capacity limit"},
      {25, 200, "HEC ACK is approaching its capacity limit"},
      {26, 429, "HEC queue is at capacity and cannot process any more requests"},
      {27, 429, "HEC ACK channel is at capacity and cannot process any more requests"},
  };
  ASSERT_EQ(hec_codes().size(), expected.size());
  for (const HecCode& want : expected) {
    const HecCode* have = find_hec_code(want.code);
    ASSERT_NE(have, nullptr);
    EXPECT_EQ(have->code, want.code);
    EXPECT_EQ(have->http_status, want.http_status) << want.code;
    EXPECT_EQ(have->text, want.text) << want.code;
  }
  EXPECT_EQ(find_hec_code(28), nullptr);
  EXPECT_EQ(find_hec_code(-1), nullptr);
}

TEST(HecAnswer, escapes_strings_and_replaces_what_is_no_utf8) {
  std::string out;
  append_json_string(out, "a\"b\\c\n\x01\xFFz\xED\xA0\x80 \xC3\xA4 \xF0\x9F\x98\x80");
  EXPECT_EQ(out,
            "\"a\\\"b\\\\c\\n\\u0001\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xC3\xA4 "
            "\xF0\x9F\x98\x80\"");
}

TEST(HecProtocol, takes_events_on_every_spelling_of_its_paths) {
  for (const char* path :
       {"/services/collector", "/services/collector/event", "/services/collector/event/1.0",
        "/services/collector/raw", "/services/collector/raw/1.0"}) {
    Hec hec;
    EXPECT_EQ(said(hec, Hec::post(path)), R"(200 {"text":"Success","code":0})") << path;
  }
}

TEST(HecProtocol, answers_unknown_paths_with_404_in_json) {
  for (const char* path : {"/services/collector/nothing", "/services/collectors", "/", "/event"}) {
    Hec hec;
    EXPECT_EQ(said(hec, Hec::post(path)),
              R"(404 {"text":"The requested URL was not found on this server.","code":404})");
  }
}

TEST(HecProtocol, answers_a_wrong_method_with_405_whose_body_says_404) {
  Hec hec;
  HecRequest request = Hec::post();
  request.method = "GET";
  const HecOutcome outcome = hec.send(request, "");
  EXPECT_EQ(outcome.answer.status, 405);
  EXPECT_NE(outcome.answer.body.find("\"code\":404"), std::string::npos);
  request = Hec::post("/services/collector/health");
  EXPECT_EQ(hec.send(request, "").answer.status, 405);
}

TEST(HecProtocol, is_healthy_without_a_token_and_with_a_wrong_one) {
  Hec hec;
  HecRequest request;
  request.method = "GET";
  for (const char* path : {"/services/collector/health", "/services/collector/health/1.0"}) {
    request.path = path;
    request.authorization = "";
    EXPECT_EQ(said(hec, request), R"(200 {"text":"HEC is healthy","code":17})");
    request.authorization = "Splunk wrong";
    EXPECT_EQ(said(hec, request), R"(200 {"text":"HEC is healthy","code":17})");
  }
}

TEST(HecProtocol, judges_the_authorization_header) {
  HecSettings settings = one_token();
  settings.disabled_tokens = {"old"};
  Hec hec(settings);
  const auto with = [&](std::string_view authorization) {
    HecRequest request = Hec::post();
    request.authorization = authorization;
    return said(hec, request);
  };
  EXPECT_EQ(with(""), R"(401 {"text":"Token is required","code":2})");
  EXPECT_EQ(with("Splunk"), R"(401 {"text":"Invalid authorization","code":3})");
  EXPECT_EQ(with("Bearer 11111111-2222-3333-4444-555555555555"),
            R"(401 {"text":"Invalid authorization","code":3})");
  EXPECT_EQ(with("Splunk other"), R"(403 {"text":"Invalid token","code":4})");
  EXPECT_EQ(with("Splunk old"), R"(403 {"text":"Token disabled","code":1})");
  // x:11111111-2222-3333-4444-555555555555, then x:other, then no colon at all
  EXPECT_EQ(with("Basic eDoxMTExMTExMS0yMjIyLTMzMzMtNDQ0NC01NTU1NTU1NTU1NTU="),
            R"(200 {"text":"Success","code":0})");
  EXPECT_EQ(with("Basic eDpvdGhlcg=="), R"(403 {"text":"Invalid token","code":4})");
  EXPECT_EQ(with("Basic eG90aGVy"), R"(401 {"text":"Invalid authorization","code":3})");
  EXPECT_EQ(with("Basic %%%"), R"(401 {"text":"Invalid authorization","code":3})");
}

TEST(HecProtocol, accepts_any_token_when_none_is_set_but_still_wants_one) {
  Hec hec{HecSettings{}};
  HecRequest request = Hec::post();
  request.authorization = "Splunk whatever";
  EXPECT_EQ(hec.send(request, one_event).answer.status, 200);
  request.authorization = "";
  EXPECT_EQ(hec.send(request, one_event).answer.status, 401);
}

TEST(HecProtocol, lets_a_token_in_the_query_outrank_the_header) {
  HecRequest request = Hec::post();
  request.query = "a=b&token=11111111-2222-3333-4444-555555555555";
  Hec off;
  EXPECT_EQ(said(off, request),
            R"(400 {"text":"Query string authorization is not enabled","code":16})");
  HecSettings settings = one_token();
  settings.query_token = true;
  Hec on(settings);
  EXPECT_EQ(said(on, request), R"(200 {"text":"Success","code":0})");
  request.authorization = "";
  EXPECT_EQ(said(on, request), R"(200 {"text":"Success","code":0})");
  request.authorization = good_authorization;
  request.query = "token=other";
  EXPECT_EQ(said(off, request), R"(403 {"text":"Invalid token","code":4})");
  EXPECT_EQ(said(on, request), R"(403 {"text":"Invalid token","code":4})");
}

TEST(HecProtocol, checks_the_token_before_the_channel_and_the_channel_before_the_body) {
  Hec hec(with_ack());
  HecRequest request = Hec::post();
  request.authorization = "Splunk other";
  EXPECT_EQ(said(hec, request, "not json"), R"(403 {"text":"Invalid token","code":4})");
  request.authorization = good_authorization;
  EXPECT_EQ(said(hec, request, "not json"), R"(400 {"text":"Data channel is missing","code":10})");
  request.channel = "not-a-guid";
  EXPECT_EQ(said(hec, request, "not json"), R"(400 {"text":"Invalid data channel","code":11})");
  request.channel = channel;
  EXPECT_EQ(said(hec, request, "not json"),
            R"(400 {"text":"Invalid data format","code":6,"invalid-event-number":0})");
}

TEST(HecProtocol, wants_a_channel_on_raw_too_and_takes_it_from_the_query) {
  Hec hec(with_ack());
  HecRequest request = Hec::post("/services/collector/raw");
  EXPECT_EQ(hec.send(request, "line").answer.code, 10);
  request.query = "channel=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
  EXPECT_EQ(said(hec, request, "line"), R"(200 {"text":"Success","code":0,"ackId":0})");
}

TEST(HecProtocol, ignores_the_channel_without_acks) {
  Hec hec;
  HecRequest request = Hec::post();
  request.channel = "not-a-guid";
  EXPECT_EQ(hec.send(request, one_event).answer.code, 0);
}

TEST(HecProtocol, says_that_acks_are_disabled_before_asking_for_a_channel) {
  Hec hec;
  EXPECT_EQ(said(hec, Hec::post("/services/collector/ack"), R"({"acks":[0]})"),
            R"(400 {"text":"ACK is disabled","code":14})");
}

TEST(HecProtocol, tells_an_ack_true_once_and_only_on_its_channel) {
  Hec hec(with_ack());
  HecRequest request = Hec::post();
  request.channel = channel;
  EXPECT_EQ(said(hec, request), R"(200 {"text":"Success","code":0,"ackId":0})");
  EXPECT_EQ(said(hec, request), R"(200 {"text":"Success","code":0,"ackId":1})");
  HecRequest other = request;
  other.channel = "ffffffff-bbbb-cccc-dddd-eeeeeeeeeeee";
  EXPECT_EQ(said(hec, other), R"(200 {"text":"Success","code":0,"ackId":0})");

  HecRequest poll = Hec::post("/services/collector/ack");
  poll.channel = "aaaaaaaa-BBBB-cccc-dddd-eeeeeeeeeeee";  // the same GUID in another case
  EXPECT_EQ(said(hec, poll, R"({"acks":[0,7]})"), R"(200 {"acks":{"0":true,"7":false}})");
  EXPECT_EQ(said(hec, poll, R"({"acks":[0,1]})"), R"(200 {"acks":{"0":false,"1":true}})");
  poll.path = "/services/collector/ack/1.0";
  poll.channel = other.channel;
  EXPECT_EQ(said(hec, poll, R"({"acks":[0]})"), R"(200 {"acks":{"0":true}})");
}

TEST(HecProtocol, refuses_an_ack_query_that_is_none) {
  Hec hec(with_ack());
  HecRequest poll = Hec::post("/services/collector/ack");
  poll.channel = channel;
  EXPECT_EQ(hec.send(poll, "").answer.code, 5);
  for (const char* body :
       {"x", "{}", "[0]", R"({"acks":0})", R"({"acks":["0"]})", R"({"acks":[-1]})"})
    EXPECT_EQ(hec.send(poll, body).answer.code, 6) << body;
}

TEST(HecProtocol, gives_no_ack_id_with_an_error) {
  Hec hec(with_ack());
  HecRequest request = Hec::post();
  request.channel = channel;
  const HecOutcome outcome = hec.send(request, R"({"event":"a"}{"event":""})");
  EXPECT_EQ(said(outcome),
            R"(400 {"text":"Event field cannot be blank","code":13,"invalid-event-number":1})");
  EXPECT_FALSE(outcome.ack_issued);
  EXPECT_EQ(said(hec, request), R"(200 {"text":"Success","code":0,"ackId":0})");
}

TEST(HecProtocol, can_lose_or_delay_an_ack) {
  Hec hec(with_ack());
  HecRequest request = Hec::post();
  request.channel = channel;
  request.lose_ack = true;
  EXPECT_EQ(said(hec, request), R"(200 {"text":"Success","code":0,"ackId":0})");
  request.lose_ack = false;
  request.ack_delay_ms = 50;
  EXPECT_EQ(said(hec, request), R"(200 {"text":"Success","code":0,"ackId":1})");
  HecRequest poll = Hec::post("/services/collector/ack");
  poll.channel = channel;
  poll.now_ms = 49;
  EXPECT_EQ(said(hec, poll, R"({"acks":[0,1]})"), R"(200 {"acks":{"0":false,"1":false}})");
  poll.now_ms = 50;
  EXPECT_EQ(said(hec, poll, R"({"acks":[0,1]})"), R"(200 {"acks":{"0":false,"1":true}})");
}

TEST(HecProtocol, unpacks_gzip_of_several_members) {
  Hec hec;
  HecRequest request = Hec::post();
  request.content_encoding = "gzip";
  const std::string body = gzip(R"({"event":"a"}{"event":)") + gzip(R"("b"}{"event":"c"})");
  const HecOutcome outcome = hec.send(request, body);
  EXPECT_EQ(outcome.answer.code, 0);
  EXPECT_EQ(outcome.events, 3u);
  EXPECT_EQ(outcome.bytes_uncompressed, 39u);
}

TEST(HecProtocol, refuses_broken_gzip_as_invalid_data) {
  Hec hec;
  HecRequest request = Hec::post();
  request.content_encoding = "gzip";
  const std::string good = gzip(std::string(1000, ' ') + std::string(one_event));
  std::string flipped = good;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);
  for (const std::string& body : {std::string(one_event), good.substr(0, good.size() - 1), flipped,
                                  good + "tail", std::string()}) {
    const HecOutcome outcome = hec.send(request, body);
    EXPECT_EQ(outcome.answer.code, 6);
    EXPECT_EQ(outcome.events, 0u);
  }
  EXPECT_EQ(hec.send(request, good).answer.code, 0);
}

TEST(HecProtocol, bounds_what_gzip_may_grow_to) {
  HecSettings settings = one_token();
  settings.body_bytes_max = 10'000;
  Hec hec(settings);
  HecRequest request = Hec::post();
  request.content_encoding = "gzip";
  std::string plain = R"({"event":")" + std::string(9'988, 'x') + R"("})";
  ASSERT_EQ(plain.size(), 10'000u);
  EXPECT_EQ(hec.send(request, gzip(plain)).answer.status, 200);
  const HecOutcome outcome = hec.send(request, gzip(plain + " "));
  EXPECT_EQ(outcome.answer.status, 413);
  EXPECT_EQ(outcome.answer.content_type, "text/html; charset=UTF-8");
  EXPECT_FALSE(outcome.answer.code.has_value());
  const std::string many = gzip(plain) + gzip(plain);
  EXPECT_EQ(hec.send(request, many).answer.status, 413);
}

TEST(HecProtocol, answers_other_encodings_with_415_in_html) {
  Hec hec;
  HecRequest request = Hec::post();
  request.content_encoding = "deflate";
  const HecOutcome outcome = hec.send(request, one_event);
  EXPECT_EQ(outcome.answer.status, 415);
  EXPECT_EQ(outcome.answer.content_type, "text/html; charset=UTF-8");
  EXPECT_NE(outcome.answer.body.find("<html>"), std::string::npos);
  request.content_encoding = "identity";
  EXPECT_EQ(hec.send(request, one_event).answer.status, 200);
}

TEST(HecProtocol, breaks_a_raw_body_into_lines) {
  Hec hec;
  HecRequest request = Hec::post("/services/collector/raw");
  request.query = "host=web%201&sourcetype=a+b&unknown=1";
  const HecOutcome outcome = hec.send(request, "one \"1\"\r\n\n  \ntwo\nthree");
  EXPECT_EQ(outcome.events, 3u);
  EXPECT_EQ(hec.accepted(),
            "{\"host\":\"web 1\",\"sourcetype\":\"a b\",\"event\":\"one \\\"1\\\"\"}\n"
            "{\"host\":\"web 1\",\"sourcetype\":\"a b\",\"event\":\"two\"}\n"
            "{\"host\":\"web 1\",\"sourcetype\":\"a b\",\"event\":\"three\"}\n");
}

TEST(HecProtocol, refuses_a_blank_raw_body_and_a_wrong_index) {
  HecSettings settings = one_token();
  settings.indexes = {"main"};
  Hec hec(settings);
  HecRequest request = Hec::post("/services/collector/raw");
  EXPECT_EQ(said(hec, request, " \n "), R"(400 {"text":"No data","code":5})");
  request.query = "index=other";
  EXPECT_EQ(hec.send(request, "line").answer.code, 7);
  request.query = "index=main";
  EXPECT_EQ(hec.send(request, "line").answer.code, 0);
}

}  // namespace
}  // namespace hecate::receive
