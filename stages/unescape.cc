#include "stages/unescape.h"

#include <algorithm>
#include <cstring>

#include <simdjson.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "pipeline/json_text.h"
#include "pipeline/limits.h"

namespace hecate {
namespace {

constexpr std::string_view replacement = replacement_character;

char* put(char* out, std::string_view bytes) noexcept {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The 16 bits of the escape \uXXXX at `p` (which is at the backslash); -1 when it is none.
int unicode_escape(const char* p, const char* end) noexcept {
  if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return -1;
  int value = 0;
  for (int i = 2; i < 6; ++i) {
    const int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

char* put_utf8(char* out, std::uint32_t code) noexcept {
  const auto byte = [&](std::uint32_t bits) { *out++ = static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
  return out;
}

bool is_high_surrogate(int code) noexcept {
  return code >= 0xd800 && code <= 0xdbff;
}
bool is_low_surrogate(int code) noexcept {
  return code >= 0xdc00 && code <= 0xdfff;
}

// Decodes the escape at `p`, writes it to `out`, moves both on. False when it was damaged.
bool take_escape(const char*& p, const char* end, char*& out) noexcept {
  const char kind = end - p >= 2 ? p[1] : '\0';
  switch (kind) {
    case '"':
    case '\\':
    case '/':
      *out++ = kind;
      p += 2;
      return true;
    case 'n':
      *out++ = '\n';
      p += 2;
      return true;
    case 't':
      *out++ = '\t';
      p += 2;
      return true;
    case 'r':
      *out++ = '\r';
      p += 2;
      return true;
    case 'b':
      *out++ = '\b';
      p += 2;
      return true;
    case 'f':
      *out++ = '\f';
      p += 2;
      return true;
    default:
      break;
  }
  const int code = unicode_escape(p, end);
  if (code < 0) {  // the backslash alone is the damage; what follows is text
    out = put(out, replacement);
    p += 1;
    return false;
  }
  p += 6;
  if (is_high_surrogate(code)) {
    const int low = unicode_escape(p, end);
    if (is_low_surrogate(low)) {
      p += 6;
      out = put_utf8(out, 0x10000U + (static_cast<std::uint32_t>(code - 0xd800) << 10) +
                              static_cast<std::uint32_t>(low - 0xdc00));
      return true;
    }
  }
  if (is_high_surrogate(code) || is_low_surrogate(code)) {
    out = put(out, replacement);
    return false;
  }
  out = put_utf8(out, static_cast<std::uint32_t>(code));
  return true;
}

// Copies the run of bytes up to the next backslash. Runs are short (a stack trace has an escape
// every few dozen bytes), so this goes in strides of 16 without a call; both sides are padded.
void copy_run(const char*& p, const char* end, char*& out) noexcept {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  while (p < end) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash)));
    const std::ptrdiff_t run = found != 0 ? __builtin_ctz(found) : 16;
    const std::ptrdiff_t size = std::min(run, end - p);
    p += size;
    out += size;
    if (size < 16) return;
  }
#else
  const auto* stop =
      static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
  const auto size = static_cast<std::size_t>((stop == nullptr ? end : stop) - p);
  std::memcpy(out, p, size);
  out += size;
  p += size;
#endif
}

// UTF-8 repair in place is impossible (it grows), so: find out first, and only then copy.
Unescaped unescape_valid(std::string_view raw, char* out) {
  const char* p = raw.data();
  const char* const end = p + raw.size();
  char* const begin = out;
  bool damaged = false;
  while (p < end) {
    if (*p == '\\') {
      damaged |= !take_escape(p, end, out);
    } else {
      copy_run(p, end, out);
    }
  }
  return {static_cast<std::size_t>(out - begin), damaged};
}

// The slow twin for strings that are not UTF-8: byte by byte.
Unescaped unescape_repairing(std::string_view raw, char* out) {
  const char* p = raw.data();
  const char* const end = p + raw.size();
  char* const begin = out;
  while (p < end) {
    if (*p == '\\') {
      take_escape(p, end, out);
      continue;
    }
    const std::string_view rest(p, static_cast<std::size_t>(end - p));
    const Utf8Sequence sequence = utf8_sequence(rest);
    out = put(out, sequence.valid ? rest.substr(0, sequence.size) : replacement);
    p += sequence.size;
  }
  return {static_cast<std::size_t>(out - begin), true};
}

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_blank(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_space(c)) return false;
  }
  return true;
}

// A JSON value may be laid out over lines; what is sent has one line an event. In valid JSON a
// control character stands between tokens only, where a space serves as well.
void put_on_one_line(char* begin, char* end) noexcept {
  std::replace_if(
      begin, end, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
}

// The most of `text` that is at most `bytes_max` long and ends between two characters.
std::size_t cut_size(std::string_view text, std::size_t bytes_max) noexcept {
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return size;
}

}  // namespace

Unescaped unescape_json(std::string_view raw, char* out) {
  if (simdjson::validate_utf8(raw)) return unescape_valid(raw, out);
  return unescape_repairing(raw, out);
}

Unescaped repair_utf8(std::string_view raw, char* out) {
  char* const begin = out;
  bool damaged = false;
  while (!raw.empty()) {
    const Utf8Sequence sequence = utf8_sequence(raw);
    damaged |= !sequence.valid;
    out = put(out, sequence.valid ? raw.substr(0, sequence.size) : replacement);
    raw.remove_prefix(sequence.size);
  }
  return {static_cast<std::size_t>(out - begin), damaged};
}

Status Unescape::process(Batch& batch) {
  if (options_.need_messages) {
    batch.messages.reserve(batch.text.size() + batch.events.size() + limits::padding_bytes);
  }
  for (Event& event : batch.events) {
    if (event.fate == Fate::keep || event.fate == Fate::dead_letter) process_event(batch, event);
  }
  return {};
}

void Unescape::process_event(Batch& batch, Event& event) const {
  const std::string_view raw = batch.raw(event);
  Buffer& messages = batch.messages;
  const std::size_t begin = messages.size();
  const bool escaped = event.has(EventFlags::json_string) && event.has(EventFlags::backslash);
  const bool invalid = event.has(EventFlags::non_ascii) && !simdjson::validate_utf8(raw);
  const bool many_lines = event.has(EventFlags::json_value) && event.has(EventFlags::special);
  if (many_lines) event.flags |= EventFlags::from_message;

  if (escaped || invalid) {
    messages.reserve_more(unescaped_bytes_max(raw.size()) + limits::padding_bytes);
    const Unescaped result =
        escaped ? unescape_json(raw, messages.end()) : repair_utf8(raw, messages.end());
    messages.set_size(begin + result.size);
    if (result.damaged) {
      event.flags |= EventFlags::repaired | EventFlags::from_message;
      ++batch.events_repaired;
    }
  } else if (options_.need_messages || event.has(EventFlags::from_message) ||
             raw.size() > options_.event_bytes_max) {
    messages.append(raw);
  }
  if (many_lines) put_on_one_line(messages.data() + begin, messages.end());

  const bool has_message = messages.size() > begin || raw.empty();
  const std::string_view message =
      has_message ? messages.view(begin, messages.size() - begin) : raw;
  if (event.fate == Fate::keep && (message.empty() || is_space(message.front())) &&
      is_blank(message)) {
    event.fate = Fate::filtered;
    ++batch.events_blank;
    messages.set_size(begin);
    return;
  }
  if (message.size() > options_.event_bytes_max) {
    messages.set_size(begin + cut_size(message, options_.event_bytes_max));
    event.flags |= EventFlags::from_message;
    event.truncated = true;
  }
  if (event.truncated) {
    ++batch.events_truncated;
    // Half a JSON value is none: those are never cut.
    if (options_.too_large == TooLarge::dead_letter || event.has(EventFlags::json_value)) {
      event.fate = Fate::dead_letter;
      event.fault = Fault::too_large;
      // What is kept of a JSON value is no value any more: it is kept as text.
      event.flags &= static_cast<std::uint8_t>(~EventFlags::json_value);
    }
  }
  if (!has_message) return;
  if (!options_.need_messages && !event.has(EventFlags::from_message)) {
    messages.set_size(begin);  // it was unescaped only to be checked
    return;
  }
  event.text_begin = static_cast<std::uint32_t>(begin);
  event.text_size = static_cast<std::uint32_t>(messages.size() - begin);
  messages.append('\n');
}

}  // namespace hecate
