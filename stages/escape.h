// escape: from what was logged to the inside of a JSON string, on the data path.
//
// For text that was never JSON (lines, exports) and for repaired messages; a message that came as a
// JSON string is passed on as it came. The input is valid UTF-8 (unescape.h sees to that).
#pragma once

#include <cstddef>
#include <string_view>

namespace hecate {

/// The most bytes that escaping `size` bytes can take (\u00XX for each).
constexpr std::size_t escaped_bytes_max(std::size_t size) noexcept {
  return size * 6;
}

/// Writes `text`, escaped, to `out` (room for escaped_bytes_max() bytes plus limits::padding_bytes)
/// and returns the end of what was written. Reads up to 15 bytes behind `text`.
char* escape_json(std::string_view text, char* out) noexcept;

}  // namespace hecate
