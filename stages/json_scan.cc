#include "stages/json_scan.h"

#include <array>
#include <charconv>

#include "pipeline/limits.h"
#include "stages/unescape.h"

namespace hecate {
namespace {

bool is_scalar_byte(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

Step skip_scalar(JsonCursor& cursor) {
  const char* begin = cursor.p;
  while (cursor.p < cursor.end && is_scalar_byte(*cursor.p)) ++cursor.p;
  if (cursor.p == cursor.end) return Step::incomplete;  // it may go on in the next window
  return cursor.p == begin ? Step::bad : Step::done;
}

// The kinds of the open brackets, a bit each: no recursion, no allocation.
class BracketStack {
 public:
  [[nodiscard]] bool empty() const noexcept { return depth_ == 0; }
  bool push(bool is_object) noexcept {
    if (depth_ == limits::json_depth_max) return false;
    const auto word = static_cast<std::size_t>(depth_ / 64);
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    bits_[word] = is_object ? bits_[word] | bit : bits_[word] & ~bit;
    ++depth_;
    return true;
  }
  bool pop(bool is_object) noexcept {
    if (depth_ == 0) return false;
    --depth_;
    const bool top = (bits_[static_cast<std::size_t>(depth_ / 64)] >> (depth_ % 64) & 1) != 0;
    return top == is_object;
  }

 private:
  std::array<std::uint64_t, limits::json_depth_max / 64> bits_{};
  int depth_ = 0;
};

// Behind an opening bracket. Strings are skipped whole, so brackets inside them do not count.
Step skip_brackets(JsonCursor& cursor) {
  BracketStack open;
  JsonSlice ignored;
  do {
    if (cursor.p == cursor.end) return Step::incomplete;
    const char c = *cursor.p;
    if (c == '"') {
      if (const Step step = take_string(cursor, ignored); step != Step::done) return step;
      continue;
    }
    if ((c == '{' || c == '[') && !open.push(c == '{')) return Step::bad;
    if ((c == '}' || c == ']') && !open.pop(c == '}')) return Step::bad;
    ++cursor.p;
  } while (!open.empty());
  return Step::done;
}

}  // namespace

Step take_string(JsonCursor& cursor, JsonSlice& out) {
  if (cursor.p == cursor.end) return Step::incomplete;
  if (*cursor.p != '"') return Step::bad;
  const char* begin = cursor.p + 1;
  const ScanResult scan = cursor.kernels->json_string(begin, cursor.end);
  if (scan.size == ScanResult::npos) return Step::incomplete;
  out.raw = std::string_view(begin, scan.size);
  out.seen = scan.seen;
  cursor.p = begin + scan.size + 1;
  return Step::done;
}

Step skip_value(JsonCursor& cursor) {
  if (cursor.p == cursor.end) return Step::incomplete;
  switch (*cursor.p) {
    case '"': {
      JsonSlice ignored;
      return take_string(cursor, ignored);
    }
    case '{':
    case '[': return skip_brackets(cursor);
    default: return skip_scalar(cursor);
  }
}

Step take_key(JsonCursor& cursor, JsonSlice& key) {
  cursor.skip_space();
  if (const Step step = take_string(cursor, key); step != Step::done) return step;
  cursor.skip_space();
  if (cursor.p == cursor.end) return Step::incomplete;
  if (*cursor.p != ':') return Step::bad;
  ++cursor.p;
  cursor.skip_space();
  return cursor.p == cursor.end ? Step::incomplete : Step::done;
}

Step take_member_end(JsonCursor& cursor, bool& more) {
  cursor.skip_space();
  if (cursor.p == cursor.end) return Step::incomplete;
  if (*cursor.p != ',' && *cursor.p != '}') return Step::bad;
  more = *cursor.p == ',';
  ++cursor.p;
  return Step::done;
}

std::string json_value_of(const JsonSlice& slice) {
  if (slice.seen == 0) return std::string(slice.raw);
  std::string out(unescaped_bytes_max(slice.raw.size()), '\0');
  const Unescaped result = unescape_json(slice.raw, out.data());
  out.resize(result.size);
  return out;
}

bool parse_integer(std::string_view digits, std::int64_t& out) {
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && stop == digits.data() + digits.size();
}

}  // namespace hecate
