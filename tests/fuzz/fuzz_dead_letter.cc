// fuzz_dead_letter: dead letters survive being written and read, and nothing else is taken for one.
//
// Input: a byte; even: the rest is a line of a dead letter file as found; odd: the parts of a dead
// letter to write (numbers, then lines of text).
#include <cctype>
#include <cstring>

#include "pipeline/json_text.h"
#include "stages/dead_letter_record.h"
#include "tests/fuzz/support.h"

namespace hecate::fuzz {
namespace {

DeadLetterParser& parser() {
  static DeadLetterParser one;
  return one;
}

DeadLetter letter_of(const DeadLetterRecord& record) {
  return {.reason = record.reason,
          .detail = record.detail,
          .hec_code = record.hec_code,
          .http_status = record.http_status,
          .attempts = record.attempts,
          .uri = record.uri,
          .etag = record.etag,
          .record = record.record,
          .time_ms = record.time_ms,
          .event = record.event};
}

void require_same(const DeadLetterRecord& got, const DeadLetterRecord& wanted) {
  require(got.reason == wanted.reason && got.hec_code == wanted.hec_code &&
              got.http_status == wanted.http_status && got.attempts == wanted.attempts &&
              got.record == wanted.record && got.time_ms == wanted.time_ms,
          "the numbers come back");
  fuzz::require_same(got.detail, wanted.detail, "the detail comes back");
  fuzz::require_same(got.uri, wanted.uri, "the uri comes back");
  fuzz::require_same(got.etag, wanted.etag, "the etag comes back");
  fuzz::require_same(got.event, wanted.event, "the event comes back");
}

void write_and_read(const DeadLetterRecord& wanted) {
  std::string line;
  append_dead_letter(line, letter_of(wanted));
  require(line.find('\n') == line.size() - 1, "a record is one line", line);
  require(is_utf8(line), "a record is UTF-8", line);
  const Result<DeadLetterRecord> got = parser().parse(line);
  require(got.has_value(), "a written record can be read", line);
  require_same(*got, wanted);
  // Half a record, as a full disk leaves it.
  const std::size_t cut = seed_of(line) % (line.size() - 1);
  require(!parser().parse(std::string_view(line).substr(0, cut)), "half a record is none",
          line.substr(0, cut));
}

// The JSON with its words and strings made plain: an event may hold numbers beyond 64 bits and lone
// surrogates, which a strict parser refuses.
std::string skeleton(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto is_word = [&](std::size_t at) {
      return at < json.size() && (std::isalnum(static_cast<unsigned char>(json[at])) != 0 ||
                                  std::strchr("+-.", json[at]) != nullptr);
    };
    out += json[i];
    if (json[i] == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i) i += json[i] == '\\' ? 1 : 0;
      out += '"';
    } else if (is_word(i)) {
      out.back() = '0';
      while (is_word(i + 1)) ++i;
    }
  }
  return out;
}

void read_found(std::string_view line) {
  Result<DeadLetterRecord> found = parser().parse(line);
  if (!found) {
    require(found.error().code == Errc::corrupt_state, "what is no record is corrupt state");
    return;
  }
  require(is_utf8(found->event), "an event that is taken is UTF-8", found->event);
  static StrictJson json;
  simdjson::dom::element element;
  require(found->event.empty() || json.parse(skeleton(found->event), element),
          "an event that is taken is JSON", found->event);
  std::replace_if(
      found->event.begin(), found->event.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  write_and_read(*found);
}

std::string text_of(FuzzInput& input) {
  std::string text;
  append_valid_utf8(text, input.line());
  return text;
}

DeadLetterRecord record_of(FuzzInput& input) {
  DeadLetterRecord record;
  const std::uint8_t choice = input.byte();
  record.reason = static_cast<DeadLetterReason>(choice & 3);
  if ((choice & 4) != 0) record.hec_code = static_cast<int>(input.number(4));
  if ((choice & 8) != 0) record.http_status = static_cast<int>(input.number(2));
  if ((choice & 16) != 0) record.record = input.number(8);
  record.attempts = input.byte();
  record.time_ms = static_cast<std::int64_t>(input.number(6)) * ((choice & 64) != 0 ? -1 : 1);
  record.detail = text_of(input);
  record.uri = text_of(input);
  record.etag = text_of(input);
  if ((choice & 32) != 0) {
    record.event = "{\"event\":" + json_string(text_of(input)) + ",\"fields\":{\"x\":\"y\"}}";
  }
  return record;
}

void run(FuzzInput input) {
  if (input.coin()) {
    write_and_read(record_of(input));
  } else {
    read_found(input.rest());
  }
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
