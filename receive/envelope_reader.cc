#include "receive/envelope_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <simdjson.h>

namespace hecate::receive {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr int code_invalid_format = 6;
constexpr int code_incorrect_index = 7;
constexpr int code_event_required = 12;
constexpr int code_event_blank = 13;
constexpr int code_indexed_fields = 15;

// simdjson keeps about nine bytes of scratch per byte of the largest document it met.
constexpr size_t parser_capacity_kept = 1024 * 1024;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Past the closing quote of the string whose opening quote is before `at`; nullptr when it never
// closes. A quote preceded by an odd number of backslashes is part of the string. Each backslash
// is counted at most once, because the count never passes the previous quote.
const char* skip_string(const char* at, const char* end) {
  const char* begin = at;
  while (at < end) {
    const auto* quote =
        static_cast<const char*>(std::memchr(at, '"', static_cast<size_t>(end - at)));
    if (quote == nullptr) return nullptr;
    const char* slash = quote;
    while (slash > begin && slash[-1] == '\\') --slash;
    if ((quote - slash) % 2 == 0) return quote + 1;
    at = begin = quote + 1;
  }
  return nullptr;
}

// Past the object that begins at `at`; nullptr when it is not closed before `end`. Only nesting
// and strings matter here; whether it is JSON is for the parser to say.
const char* skip_object(const char* at, const char* end) {
  size_t depth = 0;
  while (at < end) {
    switch (*at++) {
      case '"':
        at = skip_string(at, end);
        if (at == nullptr) return nullptr;
        break;
      case '{':
        ++depth;
        break;
      case '}':
        if (--depth == 0) return at;
        break;
      default:
        break;
    }
  }
  return nullptr;
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_space);
}

int check_event(element value) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      return code_invalid_format;
    case element_type::BOOL:
      return value.get_bool().value_unsafe() ? 0 : code_invalid_format;
    case element_type::STRING:
      return is_blank(value.get_string().value_unsafe()) ? code_event_blank : 0;
    case element_type::OBJECT: {
      const simdjson::dom::object object = value.get_object().value_unsafe();
      return object.begin() == object.end() ? code_event_blank : 0;
    }
    case element_type::ARRAY: {
      const simdjson::dom::array array = value.get_array().value_unsafe();
      return array.begin() == array.end() ? code_event_blank : 0;
    }
    default:
      return 0;
  }
}

int check_time(element value) {
  if (value.is_number()) return 0;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS || text.empty()) return code_indexed_fields;
  double seconds = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc{} && stop == text.data() + text.size();
  return whole && std::isfinite(seconds) ? 0 : code_indexed_fields;
}

int check_field(element value) {
  if (value.is_object()) return code_indexed_fields;
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return 0;
  for (const element item : array)
    if (item.is_object() || item.is_array()) return code_indexed_fields;
  return 0;
}

int check_fields(element value, std::string_view& event_id) {
  simdjson::dom::object fields;
  if (value.get_object().get(fields) != simdjson::SUCCESS) return code_invalid_format;
  for (const auto field : fields) {
    if (const int code = check_field(field.value)) return code;
    if (field.key == "event_id" && field.value.is_string())
      event_id = field.value.get_string().value_unsafe();
  }
  return 0;
}

int check_index(element value, std::span<const std::string> allowed) {
  std::string_view index;
  if (value.get_string().get(index) != simdjson::SUCCESS) return code_invalid_format;
  if (allowed.empty() || index.empty()) return 0;
  return std::find(allowed.begin(), allowed.end(), index) == allowed.end() ? code_incorrect_index
                                                                           : 0;
}

constexpr int unknown_key = -1;

// What one member of an envelope is worth: 0, a code, or unknown_key.
int check_member(std::string_view key, element value, const EnvelopeRules& rules,
                 std::string_view& event_id, bool& has_event) {
  if (key == "event") {
    has_event = true;
    return check_event(value);
  }
  if (key == "time") return check_time(value);
  if (key == "fields") return check_fields(value, event_id);
  if (key == "index") return check_index(value, rules.indexes);
  if (key == "host" || key == "source" || key == "sourcetype")
    return value.is_string() ? 0 : code_invalid_format;
  return unknown_key;
}

}  // namespace

struct EnvelopeReader::Parser {
  simdjson::dom::parser json;
};

EnvelopeReader::EnvelopeReader() : parser_(std::make_unique<Parser>()) {
}
EnvelopeReader::~EnvelopeReader() = default;
EnvelopeReader::EnvelopeReader(EnvelopeReader&&) noexcept = default;
EnvelopeReader& EnvelopeReader::operator=(EnvelopeReader&&) noexcept = default;

void EnvelopeReader::start(const PaddedBytes& body, const EnvelopeRules& rules) noexcept {
  rules_ = rules;
  at_ = body.data();
  end_ = body.data() + body.size();
  place_ = Place::begin;
}

void EnvelopeReader::recycle() {
  if (parser_->json.capacity() > parser_capacity_kept) parser_ = std::make_unique<Parser>();
}

bool EnvelopeReader::comes(char c) noexcept {
  while (at_ < end_ && is_space(*at_)) ++at_;
  return at_ < end_ && *at_ == c;
}

// Moves to the next '{'. False at the end of the body, or, with `code` set, where none can come.
bool EnvelopeReader::find_envelope(int& code) noexcept {
  if (place_ == Place::begin && comes('[')) {
    ++at_;
    place_ = Place::array_begin;
  }
  if (place_ == Place::array_between && comes(',')) {
    ++at_;
    place_ = Place::array_comma;
  } else if ((place_ == Place::array_between || place_ == Place::array_begin) && comes(']')) {
    ++at_;
    place_ = Place::between;
  }
  const bool in_array = place_ != Place::begin && place_ != Place::between;
  if (comes('{') && place_ != Place::array_between) {
    place_ = in_array ? Place::array_between : Place::between;
    return true;
  }
  if (at_ < end_ || in_array) code = code_invalid_format;
  return false;
}

EnvelopeReader::Step EnvelopeReader::next() {
  int code = 0;
  const bool more = find_envelope(code);
  if (code != 0) return {.verdict = Verdict::bad, .code = code, .envelope = {}, .event_id = {}};
  if (!more) return {};
  const auto left = static_cast<size_t>(end_ - at_);
  const char* end = skip_object(at_, at_ + std::min(left, rules_.event_bytes_max));
  if (end == nullptr)
    return {.verdict = Verdict::bad, .code = code_invalid_format, .envelope = {}, .event_id = {}};
  return step_over(end);
}

EnvelopeReader::Step EnvelopeReader::step_over(const char* end) {
  Step step{.verdict = Verdict::bad, .code = code_invalid_format, .envelope = {}, .event_id = {}};
  const std::string_view envelope(at_, static_cast<size_t>(end - at_));
  at_ = end;
  // The bytes behind the envelope are readable: the rest of the body, then its padding.
  simdjson::dom::object object;
  if (parser_->json.parse(envelope.data(), envelope.size(), false).get_object().get(object) !=
      simdjson::SUCCESS)
    return step;
  bool has_event = false;
  for (const auto member : object) {
    step.code = check_member(member.key, member.value, rules_, step.event_id, has_event);
    if (step.code == 0) continue;
    if (step.code == unknown_key) step.verdict = Verdict::stopped;
    return step;
  }
  if (!has_event) {
    step.code = code_event_required;
    return step;
  }
  step.verdict = Verdict::good;
  step.envelope = envelope;
  return step;
}

}  // namespace hecate::receive
