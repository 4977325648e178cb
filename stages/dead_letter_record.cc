#include "stages/dead_letter_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>

#include <fmt/format.h>
#include <simdjson.h>

#include "pipeline/json_text.h"
#include "stages/json_scan.h"

namespace hecate {
namespace {

namespace json = simdjson::ondemand;

constexpr std::array<std::string_view, 4> reason_names{"hec_rejected", "too_large", "bad_object",
                                                       "bad_document"};

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

void append_time(std::string& out, std::int64_t time_ms) {
  // By integers, as event times are: a double would round.
  const bool negative = time_ms < 0;
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(time_ms) : static_cast<std::uint64_t>(time_ms);
  fmt::format_to(std::back_inserter(out), "{}{}.{:03}", negative ? "-" : "", magnitude / 1000,
                 magnitude % 1000);
}

void append_event(std::string& out, std::string_view event) {
  if (!event.starts_with('{') || !event.ends_with('}')) {
    append_json_string(out, event);  // not what a sink sends, but not to be lost either
    return;
  }
  const std::size_t begin = out.size();
  out += event;
  // A raw line break is white space between tokens there, and would end the record here.
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(Errc::corrupt_state, fmt::format("not a whole dead letter: {}", what));
}

bool read_text(json::value value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

bool read_int(json::value value, int& out) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) return false;
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max())
    return false;
  out = static_cast<int>(number);
  return true;
}

bool read_optional_int(json::value value, std::optional<int>& out) {
  int number = 0;
  if (!read_int(value, number)) return false;
  out = number;
  return true;
}

bool read_reason(json::value value, DeadLetterReason& out) {
  std::string_view name;
  if (value.get_string().get(name) != simdjson::SUCCESS) return false;
  const auto* const found = std::find(reason_names.begin(), reason_names.end(), name);
  if (found == reason_names.end()) return false;
  out = static_cast<DeadLetterReason>(found - reason_names.begin());
  return true;
}

/// "seconds" or "seconds.fraction"; digits after the milliseconds are cut off.
bool read_time(json::value value, std::int64_t& out_ms) {
  std::string_view text = trimmed(value.raw_json_token());
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::int64_t seconds = 0;
  const char* const end = text.data() + dot;
  const auto [at, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{} || at != end || seconds < 0 ||
      seconds > std::numeric_limits<std::int64_t>::max() / 1000 - 1)
    return false;
  std::int64_t milliseconds = 0;
  for (std::size_t i = 1; i <= 3; ++i) {
    const char c = dot + i < text.size() ? text[dot + i] : '0';
    if (c < '0' || c > '9') return false;
    milliseconds = milliseconds * 10 + (c - '0');
  }
  out_ms = (seconds * 1000 + milliseconds) * (negative ? -1 : 1);
  return true;
}

bool read_origin(json::value value, DeadLetterRecord& out) {
  json::object origin;
  if (value.get_object().get(origin) != simdjson::SUCCESS) return false;
  for (auto field : origin) {
    std::string_view key;
    json::value member;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (field.value().get(member) != simdjson::SUCCESS) return false;
    bool good = true;
    if (key == "uri") {
      good = read_text(member, out.uri);
    } else if (key == "etag") {
      good = read_text(member, out.etag);
    } else if (key == "record") {
      std::uint64_t record = 0;
      good = member.get_uint64().get(record) == simdjson::SUCCESS;
      out.record = record;
    }
    if (!good) return false;
  }
  return true;
}

bool read_event(json::value value, std::string& out) {
  json::object event;
  std::string_view raw;
  if (value.get_object().get(event) != simdjson::SUCCESS) return false;
  if (event.raw_json().get(raw) != simdjson::SUCCESS) return false;
  // The parser paired the brackets only; what goes out again as it stands must be sound within.
  out = trimmed(raw);
  JsonCursor cursor{raw.data(), raw.data() + out.size(), &select_scan_kernels()};
  return skip_value(cursor) == Step::done && cursor.p == cursor.end;
}

bool read_member(std::string_view key, json::value value, DeadLetterRecord& out) {
  if (key == "reason") return read_reason(value, out.reason);
  if (key == "detail") return read_text(value, out.detail);
  if (key == "hec_code") return read_optional_int(value, out.hec_code);
  if (key == "http_status") return read_optional_int(value, out.http_status);
  if (key == "attempts") return read_int(value, out.attempts);
  if (key == "origin") return read_origin(value, out);
  if (key == "time") return read_time(value, out.time_ms);
  if (key == "event") return read_event(value, out.event);
  return true;
}

}  // namespace

std::string_view dead_letter_reason_name(DeadLetterReason reason) noexcept {
  return reason_names[static_cast<std::size_t>(reason)];
}

void append_dead_letter(std::string& out, const DeadLetter& letter) {
  out += "{\"reason\":\"";
  out += dead_letter_reason_name(letter.reason);
  out += "\",\"detail\":";
  append_json_string(out, letter.detail);
  auto at = std::back_inserter(out);
  if (letter.hec_code) fmt::format_to(at, ",\"hec_code\":{}", *letter.hec_code);
  if (letter.http_status) fmt::format_to(at, ",\"http_status\":{}", *letter.http_status);
  fmt::format_to(at, ",\"attempts\":{}", letter.attempts);
  out += ",\"origin\":{\"uri\":";
  append_json_string(out, letter.uri);
  if (!letter.etag.empty()) {
    out += ",\"etag\":";
    append_json_string(out, letter.etag);
  }
  if (letter.record) fmt::format_to(at, ",\"record\":{}", *letter.record);
  out += "},\"time\":";
  append_time(out, letter.time_ms);
  if (const std::string_view event = trimmed(letter.event); !event.empty()) {
    out += ",\"event\":";
    append_event(out, event);
  }
  out += "}\n";
}

struct DeadLetterParser::State {
  json::parser parser;
  std::string line;  // with the room behind it that the parser reads into
};

DeadLetterParser::DeadLetterParser() : state_(std::make_unique<State>()) {
}
DeadLetterParser::~DeadLetterParser() = default;
DeadLetterParser::DeadLetterParser(DeadLetterParser&&) noexcept = default;
DeadLetterParser& DeadLetterParser::operator=(DeadLetterParser&&) noexcept = default;

Result<DeadLetterRecord> DeadLetterParser::parse(std::string_view line) {
  line = trimmed(line);
  // The parser looks only where it is asked to, and would not miss a closing brace.
  if (!line.starts_with('{') || !line.ends_with('}')) return damaged("it is no JSON object");
  state_->line.assign(line);
  state_->line.append(simdjson::SIMDJSON_PADDING, ' ');

  json::document document;
  json::object object;
  if (state_->parser.iterate(state_->line.data(), line.size(), state_->line.size()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS)
    return damaged("it is no JSON object");
  DeadLetterRecord record;
  bool has_reason = false;
  bool has_origin = false;
  for (auto field : object) {
    std::string_view key;
    json::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS)
      return damaged("its JSON is broken");
    const bool is_reason = key == "reason";
    const bool is_origin = key == "origin";
    // The key lives in the parser's buffer, which reading a text may reuse: no use after that.
    if (!read_member(key, value, record)) return damaged("a value is not of the kind it should be");
    has_reason = has_reason || is_reason;
    has_origin = has_origin || is_origin;
  }
  // Past the end there is no location to speak of: that is how the parser says that it is through.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return damaged("more follows behind its end");
  if (!has_reason || !has_origin) return damaged("it has no reason or no origin");
  return record;
}

}  // namespace hecate
