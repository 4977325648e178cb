// json_scan: walking over JSON text that may still be arriving.
//
// simdjson wants a whole document; archives hold documents of any size, cut anywhere by our
// windows. These functions step over complete values only and say when there is not enough text
// yet. They mind brackets, commas and colons, but not numbers or escapes: whoever uses a value
// does. Iterative: nesting costs bits, not stack.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/limits.h"
#include "stages/simd/scan.h"

namespace hecate {

enum class Step : std::uint8_t {
  done,        ///< the cursor moved behind what was asked for
  incomplete,  ///< the text ends before it does; the cursor's place is unspecified
  bad,         ///< this is not JSON; likewise
};

/// A place in padded text.
struct JsonCursor {
  const char* p = nullptr;
  const char* end = nullptr;
  const ScanKernels* kernels = nullptr;

  void skip_space() noexcept {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
  }
};

/// The inside of a JSON string, as written.
struct JsonSlice {
  std::string_view raw;
  std::uint8_t seen = 0;  ///< Seen bits
};

/// At a '"': takes the string.
Step take_string(JsonCursor& cursor, JsonSlice& out);
/// At the beginning of any value: steps over it. Nested deeper than `depth_max` it is bad.
Step skip_value(JsonCursor& cursor, int depth_max = limits::json_depth_max);
/// Behind '{' or ',': takes a key and its colon, and the space around them.
Step take_key(JsonCursor& cursor, JsonSlice& key);
/// Behind a member's value: takes ',' (more = true) or '}' (more = false), and space before it.
Step take_member_end(JsonCursor& cursor, bool& more);

/// The value of a string slice, unescaped; damage becomes U+FFFD. For metadata, not for messages.
std::string json_value_of(const JsonSlice& slice);

/// A JSON integer, or a JSON string that holds one. False when it is neither or does not fit.
bool parse_integer(std::string_view digits, std::int64_t& out);

}  // namespace hecate
