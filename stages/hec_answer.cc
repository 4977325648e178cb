#include "stages/hec_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <simdjson.h>

#include "pipeline/check.h"
#include "pipeline/limits.h"
#include "stages/http_date.h"

namespace hecate {
namespace {

// A body this big that is refused as "invalid data, event 0" may just be too big: Splunk Cloud says
// so beyond some 5 MB. Low, because halving a body down to here costs a few posts, and believing
// the number costs a good event.
constexpr std::size_t oversize_doubt_bytes = 64 * limits::kib;

constexpr std::array<std::string_view, 29> code_texts = {
    "Success",
    "Token disabled",
    "Token is required",
    "Invalid authorization",
    "Invalid token",
    "No data",
    "Invalid data format",
    "Incorrect index",
    "Internal server error",
    "Server is busy",
    "Data channel is missing",
    "Invalid data channel",
    "Event field is required",
    "Event field cannot be blank",
    "ACK is disabled",
    "Error in handling indexed fields",
    "Query string authorization is not enabled",
    "HEC is healthy",
    "HEC is unhealthy, queues are full",
    "HEC is unhealthy, ack service unavailable",
    "HEC is unhealthy, queues are full, ack service unavailable",
    "Invalid token",
    "Token disabled",
    "Server is shutting down",
    "HEC queue is approaching its capacity limit",
    "HEC ACK is approaching its capacity limit",
    "HEC queue is at capacity",
    "HEC ACK channel is at capacity",
    "Data channel is missing",
};

bool is_success(int code) {
  return code == 0 || code == 24 || code == 25;
}

/// Codes that refuse one event of those sent.
bool names_an_event(int code) {
  return code == 6 || code == 7 || code == 12 || code == 13 || code == 15;
}

/// What a code means that concerns the request as a whole; nothing when the status has to tell.
std::optional<HecMeaning> meaning_of_code(int code) {
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 21:
    case 22:
      return HecMeaning::refused_token;
    case 8:
    case 9:
    case 18:
    case 19:
    case 20:
    case 23:
    case 26:
    case 27:
      return HecMeaning::busy;
    case 10:
    case 11:
    case 14:
    case 16:
    case 28:
      return HecMeaning::misconfigured;
    default:
      return std::nullopt;
  }
}

}  // namespace

/// The keys of an answer that matter, each only when it has the right type.
struct HecAnswerReader::Body {
  std::optional<int> code;
  std::optional<std::int64_t> invalid_event_number;
  std::optional<std::uint64_t> ack_id;
  bool has_acks = false;
  std::unordered_set<std::uint64_t> acks_true;
};

HecAnswerReader::Body HecAnswerReader::parse(std::string_view text) {
  Body body;
  if (text.empty() || text.size() > limits::hec_answer_bytes_max) return body;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return body;
  for (const auto [key, value] : object) {
    std::int64_t number = 0;
    const bool is_number = value.get(number) == simdjson::SUCCESS;
    if (key == "code" && is_number && std::in_range<int>(number)) {
      body.code = static_cast<int>(number);
    } else if (key == "invalid-event-number" && is_number) {
      body.invalid_event_number = number;
    } else if (key == "ackId" && is_number && number >= 0) {
      body.ack_id = static_cast<std::uint64_t>(number);
    } else if (simdjson::dom::object acks; key == "acks" && value.get(acks) == simdjson::SUCCESS) {
      body.has_acks = true;
      for (const auto [id_text, state] : acks) {
        std::uint64_t id = 0;
        bool indexed = false;
        const char* end = id_text.data() + id_text.size();
        const auto [parsed_to, error] = std::from_chars(id_text.data(), end, id);
        if (error != std::errc() || parsed_to != end) continue;
        if (state.get(indexed) == simdjson::SUCCESS && indexed) body.acks_true.insert(id);
      }
    }
  }
  return body;
}

HecMeaning HecAnswerReader::meaning_without_body(int http_status) noexcept {
  switch (http_status) {
    case 401:
    case 403:
      return HecMeaning::refused_token;
    case 408:
    case 425:
    case 429:
      return HecMeaning::busy;
    case 413:
      return HecMeaning::too_much;
    case 415:
      return HecMeaning::unsupported_encoding;
    // Every receiver has its own way to say 400; without a code it proves nothing about any event.
    case 400:
      return HecMeaning::unknown;
    default:
      break;
  }
  if (http_status >= 500 && http_status <= 599) return HecMeaning::busy;
  // Redirects are not followed: the token would go to a host that nobody configured.
  if (http_status >= 300 && http_status <= 499) return HecMeaning::misconfigured;
  return HecMeaning::unknown;
}

void HecAnswerReader::read_success(HecVerdict& verdict, const Body& body,
                                   const HecSent& sent) const {
  verdict.slow_down = body.code != 0;
  if (!expects_acks_) {
    verdict.meaning = HecMeaning::accepted;
    verdict.delivered = DeliveryAuthority::prove(sent.events);
    return;
  }
  verdict.meaning = body.ack_id ? HecMeaning::accepted : HecMeaning::unknown;
  verdict.ack_id = body.ack_id;
  verdict.ack_missing = !body.ack_id;
}

void HecAnswerReader::read_refusal(HecVerdict& verdict, const Body& body,
                                   const HecSent& sent) const {
  verdict.meaning = HecMeaning::refused_one;
  verdict.culprit = 0;
  if (sent.events == 1) return;

  const std::int64_t base = body.code == 7 ? 1 : 0;
  const std::int64_t number = body.invalid_event_number.value_or(-1);
  const bool named = number >= base && std::cmp_less(number - base, sent.events);
  const bool doubtful = body.code == 6 && number == 0 && sent.body_bytes > oversize_doubt_bytes;
  if (!named || doubtful) {
    verdict.meaning = HecMeaning::too_much;
    return;
  }
  verdict.culprit = static_cast<std::size_t>(number - base);
  if (on_partial_ == OnPartial::trust && !expects_acks_) {
    verdict.delivered = DeliveryAuthority::prove(verdict.culprit);
  }
}

HecVerdict HecAnswerReader::read(int http_status, std::string_view body_text,
                                 const std::optional<std::string>& retry_after, const HecSent& sent,
                                 std::int64_t now_epoch_ms) const {
  check(sent.events > 0, "an answer is read for at least one event");
  const Body body = parse(body_text);
  HecVerdict verdict;
  verdict.http_status = http_status;
  verdict.hec_code = body.code;
  if (retry_after) verdict.retry_after = parse_retry_after(*retry_after, now_epoch_ms);

  if (http_status == 200) {
    if (body.code && is_success(*body.code)) read_success(verdict, body, sent);
  } else if (http_status == 400 && body.code && names_an_event(*body.code)) {
    read_refusal(verdict, body, sent);
  } else if (http_status == 400 && body.code) {
    // Code 5 (no data) answers a body that was not empty: it was lost on the way.
    verdict.meaning = meaning_of_code(*body.code).value_or(HecMeaning::unknown);
  } else {
    verdict.meaning = meaning_without_body(http_status);
  }
  return verdict;
}

HecAcks HecAnswerReader::read_acks(int http_status, std::string_view body_text) {
  Body body = parse(body_text);
  HecAcks acks;
  acks.http_status = http_status;
  acks.hec_code = body.code;
  if (http_status == 200) {
    if (!body.has_acks) return acks;
    acks.meaning = HecMeaning::accepted;
    acks.confirmed_ = std::move(body.acks_true);
  } else if (http_status == 400 && body.code) {
    acks.meaning = meaning_of_code(*body.code).value_or(HecMeaning::unknown);
  } else {
    acks.meaning = meaning_without_body(http_status);
  }
  return acks;
}

Delivery HecAnswerReader::confirm(HecAcks& acks, std::uint64_t ack_id, std::uint64_t events) {
  if (acks.confirmed_.erase(ack_id) == 0) return {};
  return DeliveryAuthority::prove(events);
}

std::string_view hec_code_text(int code) noexcept {
  if (code < 0 || std::cmp_greater_equal(code, code_texts.size())) return {};
  return code_texts[static_cast<std::size_t>(code)];
}

std::string describe_hec_answer(int http_status, std::optional<int> code) {
  std::string text = "HTTP " + std::to_string(http_status);
  if (!code) return text;
  text += ", code " + std::to_string(*code);
  const std::string_view meaning = hec_code_text(*code);
  if (!meaning.empty()) text.append(" (").append(meaning).append(")");
  return text;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::int64_t now_epoch_ms) {
  constexpr std::int64_t cap_ms = std::chrono::milliseconds(limits::retry_after_max).count();
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (value.empty()) return std::nullopt;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = std::numeric_limits<std::int64_t>::max();  // stays when out of range
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    return std::chrono::milliseconds(std::min(seconds, cap_ms / 1000) * 1000);
  }
  const std::optional<std::int64_t> at = parse_http_date(value);
  if (!at) return std::nullopt;
  return std::chrono::milliseconds(std::clamp<std::int64_t>(*at * 1000 - now_epoch_ms, 0, cap_ms));
}

}  // namespace hecate
