// json_text: any bytes made valid UTF-8, and JSON strings of our own records.
//
// The plain way, byte by byte: for metadata, dead letters, summaries, sample archives; the data
// path has stages/escape.h. Of bytes that are not UTF-8 every maximal part that could have begun a
// character becomes one U+FFFD, as Unicode recommends and Python, Java and browsers do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hecate {

inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";  // U+FFFD

struct Utf8Sequence {
  std::size_t size = 1;  ///< of the character, or of the broken part: at least 1
  bool valid = false;
};

/// What `text`, which is not empty, begins with. Overlong forms, surrogates and values past
/// U+10FFFF are not valid.
Utf8Sequence utf8_sequence(std::string_view text) noexcept;

/// Length of the character that `text` begins with; 0 when it begins with none.
inline std::size_t utf8_sequence_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const Utf8Sequence sequence = utf8_sequence(text);
  return sequence.valid ? sequence.size : 0;
}

/// Appends `bytes` with every broken part replaced.
void append_valid_utf8(std::string& out, std::string_view bytes);
/// Appends `text` to `out` as the inside of a JSON string, without the quotes, repaired as above.
void append_json_escaped(std::string& out, std::string_view text);
/// Appends `text` to `out` as a JSON string, with the quotes.
void append_json_string(std::string& out, std::string_view text);
/// `text` as a JSON string, with the quotes.
std::string json_string(std::string_view text);

}  // namespace hecate
