// The answers of real receivers, row by row, and what they prove.
#include "stages/hec_answer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/limits.h"

namespace hecate {
namespace {

constexpr std::int64_t now_ms = 784'111'777'000;  // Sun, 06 Nov 1994 08:49:37 GMT

HecVerdict read(int status, std::string_view body, HecSent sent = {10, 1000},
                OnPartial on_partial = OnPartial::trust, bool acks = false) {
  return HecAnswerReader(on_partial, acks).read(status, body, {}, sent, now_ms);
}

std::string body_of(int code) {
  return R"({"text":"x","code":)" + std::to_string(code) + "}";
}
std::string body_of(int code, std::int64_t number) {
  return R"({"text":"x","code":)" + std::to_string(code) + R"(,"invalid-event-number":)" +
         std::to_string(number) + "}";
}

struct Row {
  int code;
  int status;
  HecMeaning meaning;
};

TEST(HecAnswer, every_code_of_splunk_has_its_meaning) {
  const std::vector<Row> rows = {
      {0, 200, HecMeaning::accepted},       {1, 403, HecMeaning::refused_token},
      {2, 401, HecMeaning::refused_token},  {3, 401, HecMeaning::refused_token},
      {4, 403, HecMeaning::refused_token},  {5, 400, HecMeaning::unknown},
      {6, 400, HecMeaning::too_much},       {7, 400, HecMeaning::too_much},
      {8, 500, HecMeaning::busy},           {9, 503, HecMeaning::busy},
      {10, 400, HecMeaning::misconfigured}, {11, 400, HecMeaning::misconfigured},
      {12, 400, HecMeaning::too_much},      {13, 400, HecMeaning::too_much},
      {14, 400, HecMeaning::misconfigured}, {15, 400, HecMeaning::too_much},
      {16, 400, HecMeaning::misconfigured}, {17, 200, HecMeaning::unknown},
      {18, 503, HecMeaning::busy},          {19, 503, HecMeaning::busy},
      {20, 503, HecMeaning::busy},          {21, 400, HecMeaning::refused_token},
      {22, 400, HecMeaning::refused_token}, {23, 503, HecMeaning::busy},
      {24, 200, HecMeaning::accepted},      {25, 200, HecMeaning::accepted},
      {26, 429, HecMeaning::busy},          {27, 429, HecMeaning::busy},
      {28, 400, HecMeaning::misconfigured},
  };
  for (const Row& row : rows) {
    const HecVerdict verdict = read(row.status, body_of(row.code));
    EXPECT_EQ(verdict.meaning, row.meaning) << "code " << row.code;
    EXPECT_EQ(verdict.hec_code, row.code);
    EXPECT_EQ(verdict.http_status, row.status);
    EXPECT_EQ(verdict.delivered.events(), row.meaning == HecMeaning::accepted ? 10U : 0U);
    EXPECT_FALSE(hec_code_text(row.code).empty());
  }
}

TEST(HecAnswer, without_a_readable_body_the_status_decides) {
  const std::vector<std::pair<int, HecMeaning>> rows = {
      {100, HecMeaning::unknown},       {200, HecMeaning::unknown},
      {201, HecMeaning::unknown},       {202, HecMeaning::unknown},
      {204, HecMeaning::unknown},       {301, HecMeaning::misconfigured},
      {302, HecMeaning::misconfigured}, {307, HecMeaning::misconfigured},
      {400, HecMeaning::unknown},       {401, HecMeaning::refused_token},
      {403, HecMeaning::refused_token}, {404, HecMeaning::misconfigured},
      {405, HecMeaning::misconfigured}, {407, HecMeaning::misconfigured},
      {408, HecMeaning::busy},          {411, HecMeaning::misconfigured},
      {413, HecMeaning::too_much},      {415, HecMeaning::unsupported_encoding},
      {429, HecMeaning::busy},          {500, HecMeaning::busy},
      {501, HecMeaning::busy},          {502, HecMeaning::busy},
      {503, HecMeaning::busy},          {504, HecMeaning::busy},
      {599, HecMeaning::busy},          {600, HecMeaning::unknown},
      {0, HecMeaning::unknown},
  };
  for (const auto& [status, meaning] : rows) {
    for (const std::string_view body : {"", "<html>sorry</html>", "\"bare\"", "{\"code\":"}) {
      const HecVerdict verdict = read(status, body);
      EXPECT_EQ(verdict.meaning, meaning) << status << " " << body;
      EXPECT_EQ(verdict.delivered.events(), 0U) << status << " " << body;
    }
  }
}

TEST(HecAnswer, only_a_readable_success_on_status_200_delivers) {
  const std::string huge =
      R"({"code":0,"text":")" + std::string(limits::hec_answer_bytes_max, 'x') + "\"}";
  const std::vector<std::pair<int, std::string>> rows = {
      {200, R"({"text":"Success"})"},
      {200, R"({"text":"Success","code":"0"})"},
      {200, R"({"text":"Success","code":null})"},
      {200, R"({"text":"Success","code":false})"},
      {200, R"({"text":"Success","code":0.5})"},
      {200, R"({"text":"Success","code":4294967296})"},
      {200, R"({"text":"Success","code":-1})"},
      {200, R"({"text":"Success","code":9})"},
      {200, R"({"text":"Success","code":0)"},
      {200, R"({"text":"Success","code":0} trailing)"},
      {200, R"([{"text":"Success","code":0}])"},
      {200, R"({"answer":{"code":0}})"},
      {200, "0"},
      {200, huge},
      {201, body_of(0)},
      {202, body_of(0)},
      {400, body_of(0)},
      {403, body_of(0)},
      {500, body_of(0)},
  };
  for (const auto& [status, body] : rows) {
    const HecVerdict verdict = read(status, body);
    EXPECT_NE(verdict.meaning, HecMeaning::accepted) << status << " " << body.substr(0, 60);
    EXPECT_EQ(verdict.delivered.events(), 0U) << status << " " << body.substr(0, 60);
  }
  EXPECT_EQ(read(200, " \n{\"code\":0}\n ").delivered.events(), 10U);
}

TEST(HecAnswer, filling_queues_are_a_success_that_asks_to_slow_down) {
  EXPECT_FALSE(read(200, body_of(0)).slow_down);
  EXPECT_TRUE(read(200, body_of(24)).slow_down);
  EXPECT_TRUE(read(200, body_of(25)).slow_down);
}

TEST(HecAnswer, the_culprit_is_counted_from_zero_but_for_incorrect_index_from_one) {
  for (const int code : {6, 7, 12, 13, 15}) {
    for (std::int64_t culprit = 0; culprit < 10; ++culprit) {
      const HecVerdict verdict = read(400, body_of(code, culprit + (code == 7 ? 1 : 0)));
      ASSERT_EQ(verdict.meaning, HecMeaning::refused_one) << code << " " << culprit;
      EXPECT_EQ(verdict.culprit, static_cast<std::size_t>(culprit)) << code;
      EXPECT_EQ(verdict.delivered.events(), static_cast<std::uint64_t>(culprit)) << code;
    }
  }
}

TEST(HecAnswer, an_implausible_number_names_nobody) {
  for (const int code : {6, 12, 13, 15}) {
    EXPECT_EQ(read(400, body_of(code, -1)).meaning, HecMeaning::too_much) << code;
    EXPECT_EQ(read(400, body_of(code, 10)).meaning, HecMeaning::too_much) << code;
    EXPECT_EQ(read(400, body_of(code, 1LL << 60)).meaning, HecMeaning::too_much) << code;
  }
  EXPECT_EQ(read(400, body_of(7, 0)).meaning, HecMeaning::too_much);
  EXPECT_EQ(read(400, body_of(7, 11)).meaning, HecMeaning::too_much);
  EXPECT_EQ(read(400, body_of(7, std::numeric_limits<std::int64_t>::min())).meaning,
            HecMeaning::too_much);
  EXPECT_EQ(read(400, R"({"code":6,"invalid-event-number":"3"})").meaning, HecMeaning::too_much);
}

TEST(HecAnswer, a_single_event_that_is_refused_is_the_culprit_whatever_the_number) {
  for (const int code : {6, 7, 12, 13, 15}) {
    for (const std::int64_t number : {-5, 0, 1, 77}) {
      const HecVerdict verdict = read(400, body_of(code, number), {1, 2'000'000});
      EXPECT_EQ(verdict.meaning, HecMeaning::refused_one) << code << " " << number;
      EXPECT_EQ(verdict.culprit, 0U);
      EXPECT_EQ(verdict.delivered.events(), 0U);
    }
    EXPECT_EQ(read(400, body_of(code), {1, 100}).meaning, HecMeaning::refused_one) << code;
  }
}

TEST(HecAnswer, invalid_data_at_event_zero_of_a_large_body_may_be_its_size) {
  EXPECT_EQ(read(400, body_of(6, 0), {10, 1'000'000}).meaning, HecMeaning::too_much);
  EXPECT_EQ(read(400, body_of(6, 0), {10, 1000}).meaning, HecMeaning::refused_one);
  EXPECT_EQ(read(400, body_of(6, 1), {10, 1'000'000}).meaning, HecMeaning::refused_one);
  EXPECT_EQ(read(400, body_of(15, 0), {10, 1'000'000}).meaning, HecMeaning::refused_one);
}

TEST(HecAnswer, with_resend_or_acks_the_head_before_a_culprit_is_not_proved) {
  EXPECT_EQ(read(400, body_of(6, 4), {10, 1000}, OnPartial::resend).delivered.events(), 0U);
  EXPECT_EQ(read(400, body_of(6, 4), {10, 1000}, OnPartial::trust, true).delivered.events(), 0U);
  EXPECT_EQ(read(400, body_of(6, 4), {10, 1000}, OnPartial::resend).culprit, 4U);
}

TEST(HecAnswer, with_acks_success_needs_a_number_and_proves_nothing_yet) {
  const HecVerdict verdict =
      read(200, R"({"text":"Success","code":0,"ackId":7})", {10, 1000}, OnPartial::trust, true);
  EXPECT_EQ(verdict.meaning, HecMeaning::accepted);
  EXPECT_EQ(verdict.ack_id, 7U);
  EXPECT_EQ(verdict.delivered.events(), 0U);
  EXPECT_FALSE(verdict.ack_missing);
  for (const std::string& body : {body_of(0), std::string(R"({"code":0,"ackId":-1})")}) {
    const HecVerdict without = read(200, body, {10, 1000}, OnPartial::trust, true);
    EXPECT_EQ(without.meaning, HecMeaning::unknown);
    EXPECT_TRUE(without.ack_missing);
    EXPECT_EQ(without.delivered.events(), 0U);
  }
}

TEST(HecAnswer, an_ack_is_confirmed_once_and_only_by_true) {
  HecAcks acks = HecAnswerReader::read_acks(
      200, R"({"acks":{"0":true,"1":false,"2":1,"3":"true","x":true,"4 ":true,"5":true}})");
  EXPECT_EQ(acks.meaning, HecMeaning::accepted);
  EXPECT_EQ(acks.confirmed(), 2U);
  EXPECT_EQ(HecAnswerReader::confirm(acks, 0, 12).events(), 12U);
  EXPECT_EQ(HecAnswerReader::confirm(acks, 0, 12).events(), 0U);
  EXPECT_EQ(HecAnswerReader::confirm(acks, 1, 12).events(), 0U);
  EXPECT_EQ(HecAnswerReader::confirm(acks, 4, 12).events(), 0U);
  EXPECT_EQ(HecAnswerReader::confirm(acks, 5, 3).events(), 3U);
}

TEST(HecAnswer, an_ack_query_that_fails_confirms_nothing) {
  const std::vector<std::tuple<int, std::string, HecMeaning>> rows = {
      {200, "", HecMeaning::unknown},
      {200, "<html>", HecMeaning::unknown},
      {200, body_of(0), HecMeaning::unknown},
      {200, R"({"acks":[true]})", HecMeaning::unknown},
      {200, R"({"acks":{"0":true})", HecMeaning::unknown},
      {400, body_of(14), HecMeaning::misconfigured},
      {400, R"({"code":14,"acks":{"0":true}})", HecMeaning::misconfigured},
      {401, body_of(3), HecMeaning::refused_token},
      {403, R"({"acks":{"0":true}})", HecMeaning::refused_token},
      {404, "", HecMeaning::misconfigured},
      {503, R"({"acks":{"0":true}})", HecMeaning::busy},
  };
  for (const auto& [status, body, meaning] : rows) {
    HecAcks acks = HecAnswerReader::read_acks(status, body);
    EXPECT_EQ(acks.meaning, meaning) << status << " " << body;
    EXPECT_EQ(HecAnswerReader::confirm(acks, 0, 5).events(), 0U) << status << " " << body;
  }
}

TEST(HecAnswer, retry_after_is_read_in_both_forms_and_capped) {
  using std::chrono::milliseconds;
  const milliseconds cap = limits::retry_after_max;
  EXPECT_EQ(parse_retry_after("0", now_ms), milliseconds(0));
  EXPECT_EQ(parse_retry_after(" 7 ", now_ms), milliseconds(7000));
  EXPECT_EQ(parse_retry_after("1000000000", now_ms), cap);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", now_ms), cap);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:40 GMT", now_ms), milliseconds(3000));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:30 GMT", now_ms), milliseconds(0));
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 2999 23:59:59 GMT", now_ms), cap);
  for (const std::string_view bad :
       {"", " ", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 UTC", "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT"}) {
    EXPECT_EQ(parse_retry_after(bad, now_ms), std::nullopt) << bad;
  }
  const HecVerdict verdict =
      HecAnswerReader(OnPartial::trust, false).read(503, body_of(9), "5", {10, 1000}, now_ms);
  EXPECT_EQ(verdict.retry_after, milliseconds(5000));
}

TEST(HecAnswer, is_described_without_words_of_the_answer) {
  EXPECT_EQ(describe_hec_answer(403, 4), "HTTP 403, code 4 (Invalid token)");
  EXPECT_EQ(describe_hec_answer(400, 999), "HTTP 400, code 999");
  EXPECT_EQ(describe_hec_answer(502, std::nullopt), "HTTP 502");
}

}  // namespace
}  // namespace hecate
