// fuzz_utf8_repair: unescaping, repairing and escaping of messages, against slow twins.
//
// Input: the inside of a JSON string, or any bytes. The twins go by the tables of the Unicode
// standard (3-7, well-formed sequences) and of RFC 8259, a character at a time.
#include <array>
#include <vector>

#include "pipeline/buffer.h"
#include "pipeline/json_text.h"
#include "stages/escape.h"
#include "stages/json_scan.h"
#include "stages/unescape.h"
#include "tests/fuzz/support.h"

namespace hecate::fuzz {
namespace {

struct Twin {
  std::string text;
  bool damaged = false;
  void replace() {
    text += replacement_character;
    damaged = true;
  }
};

bool within(char c, unsigned low, unsigned high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

// Table 3-7: what may follow each first byte.
struct WellFormed {
  unsigned first_low, first_high;
  unsigned second_low, second_high;
  std::size_t size;
};
constexpr std::array<WellFormed, 9> well_formed = {{{0x00, 0x7f, 0, 0, 1},
                                                    {0xc2, 0xdf, 0x80, 0xbf, 2},
                                                    {0xe0, 0xe0, 0xa0, 0xbf, 3},
                                                    {0xe1, 0xec, 0x80, 0xbf, 3},
                                                    {0xed, 0xed, 0x80, 0x9f, 3},
                                                    {0xee, 0xef, 0x80, 0xbf, 3},
                                                    {0xf0, 0xf0, 0x90, 0xbf, 4},
                                                    {0xf1, 0xf3, 0x80, 0xbf, 4},
                                                    {0xf4, 0xf4, 0x80, 0x8f, 4}}};

// Bytes at `at` that could begin a character, at least one; `whole`: they are one.
std::size_t character_at(std::string_view text, std::size_t at, bool& whole) {
  whole = false;
  for (const WellFormed& row : well_formed) {
    if (!within(text[at], row.first_low, row.first_high)) continue;
    std::size_t size = 1;
    while (size < row.size && at + size < text.size() &&
           within(text[at + size], size == 1 ? row.second_low : 0x80,
                  size == 1 ? row.second_high : 0xbf))
      ++size;
    whole = size == row.size;
    return size;
  }
  return 1;
}

void take_character(std::string_view text, std::size_t& at, Twin& out) {
  bool whole = false;
  const std::size_t size = character_at(text, at, whole);
  if (whole) {
    out.text += text.substr(at, size);
  } else {
    out.replace();
  }
  at += size;
}

Twin repaired(std::string_view text) {
  Twin out;
  for (std::size_t at = 0; at < text.size();) take_character(text, at, out);
  return out;
}

// The value of \uXXXX at `at`, or -1.
long unit_at(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  const std::string digits(text.substr(at + 2, 4));
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return -1;
  return std::strtol(digits.c_str(), nullptr, 16);
}

void append_code(unsigned long code, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (code >> shift & 63)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

void take_escape(std::string_view text, std::size_t& at, Twin& out) {
  static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const std::size_t found = at + 1 < text.size() ? letters.find(text[at + 1]) : letters.npos;
  if (found != letters.npos) {
    out.text += meanings[found];
    at += 2;
    return;
  }
  const long unit = unit_at(text, at);
  if (unit < 0) {
    out.replace();
    at += 1;
    return;
  }
  at += 6;
  if (unit < 0xd800 || unit > 0xdfff) {
    append_code(static_cast<unsigned long>(unit), out.text);
    return;
  }
  const long low = unit_at(text, at);
  if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) return out.replace();
  at += 6;
  append_code(static_cast<unsigned long>(0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00)),
              out.text);
}

Twin unescaped(std::string_view text) {
  Twin out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\') {
      take_escape(text, at, out);
    } else {
      take_character(text, at, out);
    }
  }
  return out;
}

// Text that lies in a buffer: what is behind it may be read, but must not matter.
class Padded {
 public:
  explicit Padded(std::string_view text)
      : bytes_(std::string(text) + std::string(limits::padding_bytes, '\\')), size_(text.size()) {}
  [[nodiscard]] std::string_view text() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
};

// A buffer of exactly the room that is asked for, so that a byte too many is noticed.
template <typename Function>
std::string written(std::size_t bytes, Function&& function) {
  std::vector<char> room(bytes + limits::padding_bytes);
  return {room.data(), function(room.data())};
}

void check_unescape(std::string_view raw) {
  Unescaped result;
  const std::string text = written(unescaped_bytes_max(raw.size()), [&](char* out) {
    result = unescape_json(raw, out);
    return result.size;
  });
  const Twin twin = unescaped(raw);
  require(is_utf8(text), "unescaped text is UTF-8", text);
  require_same(text, twin.text, "unescaping agrees with its slow twin");
  require(result.damaged == twin.damaged, "damage is told", raw);
  const JsonSlice slice{raw, Seen::backslash | Seen::non_ascii};
  require_same(json_value_of(slice), twin.text, "metadata are unescaped alike");

  static StrictJson json;
  simdjson::dom::element element;
  std::string_view strict;
  if (json.parse('"' + std::string(raw) + '"', element) &&
      element.get(strict) == simdjson::SUCCESS) {
    require_same(text, strict, "a sound JSON string means what simdjson says");
    require(!result.damaged, "a sound JSON string is not damaged", raw);
  }
}

void check_repair(std::string_view raw) {
  Unescaped result;
  const std::string text = written(unescaped_bytes_max(raw.size()), [&](char* out) {
    result = repair_utf8(raw, out);
    return result.size;
  });
  const Twin twin = repaired(raw);
  require(is_utf8(text), "repaired text is UTF-8", text);
  require_same(text, twin.text, "repairing agrees with its slow twin");
  require(result.damaged == twin.damaged && result.damaged != is_utf8(raw), "damage is told", raw);
  std::string plain;
  append_valid_utf8(plain, raw);
  require_same(plain, twin.text, "the plain way repairs alike");

  const Padded padded(text);
  const std::string escaped = written(escaped_bytes_max(text.size()), [&](char* out) {
    return static_cast<std::size_t>(escape_json(padded.text(), out) - out);
  });
  std::string plainly;
  append_json_escaped(plainly, text);
  require_same(escaped, plainly, "both ways of escaping agree");
  static StrictJson json;
  simdjson::dom::element element;
  std::string_view back;
  require(json.parse('"' + escaped + '"', element) && element.get(back) == simdjson::SUCCESS,
          "escaped text is a JSON string", escaped);
  require_same(back, text, "escaped text means the text");
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hecate::fuzz::Padded raw({reinterpret_cast<const char*>(data), size});
  hecate::fuzz::check_unescape(raw.text());
  hecate::fuzz::check_repair(raw.text());
  return 0;
}
