#include "receive/hec_answer.h"

#include <array>

#include <fmt/format.h>

#include "pipeline/check.h"

namespace hecate::receive {

namespace {

constexpr std::array<HecCode, 28> code_table{{
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
}};

constexpr std::string_view json_type = "application/json; charset=UTF-8";
constexpr std::string_view html_type = "text/html; charset=UTF-8";

}  // namespace

std::span<const HecCode> hec_codes() noexcept {
  return code_table;
}

const HecCode* find_hec_code(int code) noexcept {
  if (code < 0 || static_cast<size_t>(code) >= code_table.size()) return nullptr;
  return &code_table[static_cast<size_t>(code)];
}

const HecCode* find_hec_code_by_status(int http_status) noexcept {
  switch (http_status) {
    case 200:
      return find_hec_code(0);
    case 400:
      return find_hec_code(6);
    case 401:
      return find_hec_code(3);
    case 403:
      return find_hec_code(4);
    case 429:
      return find_hec_code(26);
    case 500:
      return find_hec_code(8);
    case 503:
      return find_hec_code(9);
    default:
      return nullptr;
  }
}

HecAnswer hec_answer(int code, std::optional<uint64_t> event_number,
                     std::optional<uint64_t> ack_id) {
  const HecCode* known = find_hec_code(code);
  check(known != nullptr, "an answer carries a code of the table");
  HecAnswer answer;
  answer.status = known->http_status;
  answer.code = code;
  answer.content_type = json_type;
  answer.body = fmt::format(R"({{"text":"{}","code":{})", known->text, code);
  auto tail = std::back_inserter(answer.body);
  if (event_number) fmt::format_to(tail, R"(,"invalid-event-number":{})", *event_number);
  if (ack_id) fmt::format_to(tail, R"(,"ackId":{})", *ack_id);
  answer.body += '}';
  return answer;
}

HecAnswer not_found_answer(int status) {
  HecAnswer answer;
  answer.status = status;
  answer.code = 404;
  answer.content_type = json_type;
  answer.body = R"({"text":"The requested URL was not found on this server.","code":404})";
  return answer;
}

HecAnswer html_answer(int status, std::string_view detail) {
  HecAnswer answer;
  answer.status = status;
  answer.content_type = html_type;
  answer.body = fmt::format(
      "<!doctype html><html><head><title>{0} {1}</title></head>"
      "<body><h1>{1}</h1><p>{2}</p></body></html>\r\n",
      status, http_reason(status), detail);
  return answer;
}

std::string_view http_reason(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

}  // namespace hecate::receive
