#include "cli/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stages/timestamp.h"

namespace hecate {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && stop == text.data() + text.size() && !text.empty();
}

constexpr std::array<std::pair<std::string_view, double>, 13> size_units = {{
    {"", 1},
    {"B", 1},
    {"K", 1e3},
    {"KB", 1e3},
    {"kB", 1e3},
    {"M", 1e6},
    {"MB", 1e6},
    {"G", 1e9},
    {"GB", 1e9},
    {"TB", 1e12},
    {"KiB", 1024.0},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  if (read_number(text.substr(0, digits), number)) {
    for (const auto& [unit, factor] : size_units) {
      if (unit == text.substr(digits) && number * factor < 9e18)
        return static_cast<std::uint64_t>(std::llround(number * factor));
    }
  }
  return fail(Errc::usage, fmt::format("'{}' is not a size such as 500KB, 20MB or 1.5GiB", text));
}

Result<std::uint64_t> parse_rate(std::string_view text) {
  std::string_view size = text;
  if (size.ends_with("/s")) size.remove_suffix(2);
  Result<std::uint64_t> rate = parse_size(size);
  if (!rate || *rate == 0)
    return fail(Errc::usage, fmt::format("'{}' is not a rate such as 20MB/s", text));
  return rate;
}

Result<std::int64_t> parse_span(std::string_view text) {
  constexpr std::string_view units = "smhd";
  constexpr std::array<std::int64_t, 4> factors = {1000, 60'000, 3'600'000, 86'400'000};
  std::int64_t number = 0;
  const std::size_t unit = text.empty() ? units.npos : units.find(text.back());
  if (unit == units.npos || !read_number(text.substr(0, text.size() - 1), number) || number < 0 ||
      number > 1'000'000) {
    return fail(Errc::usage,
                fmt::format("'{}' is not a span of time such as 90s, 12h or 7d", text));
  }
  return number * factors[unit];
}

Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_ms) {
  if (Result<std::int64_t> span = parse_span(text)) return now_ms - *span;
  std::string full(text);
  if (full.size() == 10) full += "T00:00:00Z";
  if (full.size() == 16) full += ":00Z";
  std::int64_t time_ms = 0;
  if (full.empty() || take_iso8601(full, time_ms) != full.size()) {
    return fail(
        Errc::usage,
        fmt::format("'{}' is not a time such as 2024-01-31, 2024-01-31T12:00:00Z or 7d (ago)",
                    text));
  }
  return time_ms;
}

Result<Shard> parse_shard(std::string_view text) {
  Shard shard;
  const std::size_t slash = text.find('/');
  if (slash == text.npos || !read_number(text.substr(0, slash), shard.index) ||
      !read_number(text.substr(slash + 1), shard.total) || shard.index >= shard.total) {
    return fail(Errc::usage,
                fmt::format("'{}' is not a shard I/N, counted from 0: 0/4, 1/4, 2/4, 3/4", text));
  }
  return shard;
}

}  // namespace hecate
