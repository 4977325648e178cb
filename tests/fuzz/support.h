// support: what the fuzz targets have in common.
//
// FuzzInput takes an input apart from its front, so that a seed can be written by hand: a few bytes
// of choices, then text. A property that does not hold stops the process with what was expected and
// what was seen; these are made-up inputs, so showing them reveals nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

#include "pipeline/check.h"
#include "pipeline/limits.h"

namespace hecate::fuzz {

/// Reports a property that does not hold, and stops. libFuzzer then keeps the input.
[[noreturn]] inline void broken(std::string_view property, std::string_view detail) {
  fmt::print(stderr, "property broken: {}\n{}\n", property, detail);
  std::fflush(stderr);
  std::abort();
}

/// `bytes`, readable.
inline std::string shown(std::string_view bytes) {
  std::string out = fmt::format("({} bytes) ", bytes.size());
  for (const char c : bytes.substr(0, 2000)) {
    if (c >= 0x20 && c < 0x7f && c != '\\') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// `about`: what it does not hold for, any bytes.
inline void require(bool holds, std::string_view property, std::string_view about = {}) {
  if (!holds) [[unlikely]]
    broken(property, shown(about));
}

inline void require_same(std::string_view got, std::string_view wanted, std::string_view property) {
  if (got == wanted) return;
  const auto differ = std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end()).first;
  broken(property, fmt::format("from byte {}\ngot    {}\nwanted {}", differ - got.begin(),
                               shown(got), shown(wanted)));
}

class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  /// Zero when nothing is left, as are the numbers made of it.
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto taken = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return taken;
  }
  std::uint64_t number(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(number(bound > 256 ? 4 : 1)) % bound;
  }
  bool coin() { return (byte() & 1) != 0; }
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to the next newline, which is left out.
  std::string_view line() {
    const std::string_view taken = take(std::min(rest_.find('\n'), rest_.size()));
    take(1);
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// A number that depends on all bytes: the seed of what is random in an execution.
inline std::uint64_t seed_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// Parses JSON with simdjson's strict DOM, deeper than any nesting that the parsers let through.
class StrictJson {
 public:
  StrictJson() { make_room(4096); }

  /// True, and the value in `out`, when `text` is one valid JSON value. `out` ends with the next.
  bool parse(std::string_view text, simdjson::dom::element& out) {
    if (parser_.capacity() < text.size() + 64) make_room(2 * text.size() + 64);
    return parser_.parse(text.data(), text.size()).get(out) == simdjson::SUCCESS;
  }

 private:
  void make_room(std::size_t bytes) {
    check(parser_.allocate(bytes, limits::json_depth_max + 16) == simdjson::SUCCESS,
          "there is memory for a JSON parser");
  }
  simdjson::dom::parser parser_;
};

inline bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text);
}

}  // namespace hecate::fuzz
