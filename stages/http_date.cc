#include "stages/http_date.h"

#include <array>
#include <chrono>

namespace hecate {
namespace {

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// The number made of the digits of `text`; -1 when it holds anything else.
int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

unsigned month_number(std::string_view name) {
  for (unsigned i = 0; i < month_names.size(); ++i) {
    if (month_names[i] == name) return i + 1;
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  //  0    5  8   12   17 20 23 26
  constexpr std::string_view shape = "___, __ ___ ____ __:__:__ GMT";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '_' && shape[i] != text[i]) return std::nullopt;
  }
  const int day = digits(text.substr(5, 2));
  const unsigned month = month_number(text.substr(8, 3));
  const int year = digits(text.substr(12, 4));
  const int hour = digits(text.substr(17, 2));
  const int minute = digits(text.substr(20, 2));
  const int second = digits(text.substr(23, 2));
  if (day < 1 || month == 0 || year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const auto time = std::chrono::hours(hour) + std::chrono::minutes(minute);
  return std::chrono::seconds(days + time).count() + second;
}

}  // namespace hecate
