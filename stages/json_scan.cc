#include "stages/json_scan.h"

#include <algorithm>
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
  explicit BracketStack(int depth_max) : depth_max_(std::min(depth_max, limits::json_depth_max)) {}
  [[nodiscard]] bool empty() const noexcept { return depth_ == 0; }
  [[nodiscard]] bool in_object() const noexcept {
    const int top = depth_ - 1;
    return depth_ > 0 && (bits_[static_cast<std::size_t>(top / 64)] >> (top % 64) & 1) != 0;
  }
  bool push(bool is_object) noexcept {
    if (depth_ == depth_max_) return false;
    const auto word = static_cast<std::size_t>(depth_ / 64);
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    bits_[word] = is_object ? bits_[word] | bit : bits_[word] & ~bit;
    ++depth_;
    return true;
  }
  bool pop(bool is_object) noexcept {
    if (depth_ == 0 || in_object() != is_object) return false;
    --depth_;
    return true;
  }

 private:
  std::array<std::uint64_t, limits::json_depth_max / 64> bits_{};
  const int depth_max_;
  int depth_ = 0;
};

// Behind a bracket or comma inside `open`: to the beginning of the next value.
Step to_value(JsonCursor& cursor, const BracketStack& open) {
  JsonSlice key;
  if (open.in_object()) return take_key(cursor, key);
  cursor.skip_space();
  return cursor.p == cursor.end ? Step::incomplete : Step::done;
}

// At an opening bracket: enters it, or steps over it when there is nothing in it.
Step open_bracket(JsonCursor& cursor, BracketStack& open, bool& entered) {
  const bool is_object = *cursor.p == '{';
  if (!open.push(is_object)) return Step::bad;
  ++cursor.p;
  cursor.skip_space();
  if (cursor.p == cursor.end) return Step::incomplete;
  entered = *cursor.p != (is_object ? '}' : ']');
  if (entered) return to_value(cursor, open);
  ++cursor.p;
  open.pop(is_object);
  return Step::done;
}

// Behind a value: over the brackets that close here, and to the next value if there is one.
Step close_brackets(JsonCursor& cursor, BracketStack& open) {
  while (!open.empty()) {
    cursor.skip_space();
    if (cursor.p == cursor.end) return Step::incomplete;
    const char c = *cursor.p++;
    if (c == ',') return to_value(cursor, open);
    if ((c != '}' && c != ']') || !open.pop(c == '}')) return Step::bad;
  }
  return Step::done;
}

// At an opening bracket. Minds what may follow what: where a value is damaged the quotes pair up
// wrongly, and brackets alone would be found to match somewhere in the documents behind it.
Step skip_brackets(JsonCursor& cursor, int depth_max) {
  BracketStack open(depth_max);
  do {
    bool entered = false;
    const bool is_bracket = *cursor.p == '{' || *cursor.p == '[';
    const Step step =
        is_bracket ? open_bracket(cursor, open, entered) : skip_value(cursor, depth_max);
    if (step != Step::done) return step;
    if (entered) continue;
    if (const Step closed = close_brackets(cursor, open); closed != Step::done) return closed;
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

Step skip_value(JsonCursor& cursor, int depth_max) {
  if (cursor.p == cursor.end) return Step::incomplete;
  switch (*cursor.p) {
    case '"': {
      JsonSlice ignored;
      return take_string(cursor, ignored);
    }
    case '{':
    case '[':
      return skip_brackets(cursor, depth_max);
    default:
      return skip_scalar(cursor);
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
  std::string out(unescaped_bytes_max(slice.raw.size()) + limits::padding_bytes, '\0');
  const Unescaped result = unescape_json(slice.raw, out.data());
  out.resize(result.size);
  return out;
}

bool parse_integer(std::string_view digits, std::int64_t& out) {
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && stop == digits.data() + digits.size();
}

}  // namespace hecate
