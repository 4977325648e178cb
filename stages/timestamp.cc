#include "stages/timestamp.h"

#include <algorithm>
#include <chrono>

namespace hecate {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// A fixed number of digits at text[at]; -1 when they are not there.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has(std::string_view text, std::size_t at, char c) noexcept {
  return at < text.size() && text[at] == c;
}

// The fraction behind text[at] (a point or comma) in milliseconds, cut off, not rounded.
std::size_t take_fraction(std::string_view text, std::size_t at, int& millis) noexcept {
  millis = 0;
  if (!has(text, at, '.') && !has(text, at, ',')) return 0;
  std::size_t i = at + 1;
  int scale = 100;
  for (; i < text.size() && is_digit(text[i]) && i - at <= 9; ++i) {
    millis += (text[i] - '0') * scale;
    scale /= 10;
  }
  return i == at + 1 ? 0 : i - at;
}

// "Z", "+01:00", "-0530" or nothing; `minutes` east of Greenwich.
std::size_t take_zone(std::string_view text, std::size_t at, int& minutes) noexcept {
  minutes = 0;
  if (has(text, at, 'Z')) return 1;
  if (!has(text, at, '+') && !has(text, at, '-')) return 0;
  const bool colon = has(text, at + 3, ':');
  const int hours = digits(text, at + 1, 2);
  const int rest = digits(text, at + (colon ? 4 : 3), 2);
  if (hours < 0 || rest < 0 || hours > 23 || rest > 59) return 0;
  minutes = (hours * 60 + rest) * (text[at] == '-' ? -1 : 1);
  return colon ? 6 : 5;
}

}  // namespace

std::size_t take_iso8601(std::string_view text, std::int64_t& epoch_ms) noexcept {
  using namespace std::chrono;
  const int y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
  const int h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
  if (std::min({y, mo, d, h, mi, s}) < 0) return 0;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return 0;
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return 0;  // 60: a leap second
  int millis = 0;
  int zone_minutes = 0;
  std::size_t size = 19;
  size += take_fraction(text, size, millis);
  size += take_zone(text, size, zone_minutes);
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  const std::int64_t seconds =
      days * 86400 + h * 3600 + mi * 60 + s - static_cast<std::int64_t>(zone_minutes) * 60;
  epoch_ms = seconds * 1000 + millis;
  return size;
}

std::size_t take_export_time(std::string_view line, std::int64_t& epoch_ms) noexcept {
  if (line.empty() || !is_digit(line[0])) return 0;
  const std::size_t size = take_iso8601(line.substr(0, export_time_bytes_max - 1), epoch_ms);
  if (size == 0 || line[10] != 'T' || line[size - 1] != 'Z' || !has(line, size, ' ')) return 0;
  return size + 1;
}

bool parse_json_time(std::string_view written, std::int64_t& epoch_ms) noexcept {
  if (written.size() >= 2 && written.front() == '"') {
    written = written.substr(1, written.size() - 2);
    const std::size_t size = take_iso8601(written, epoch_ms);
    if (size != 0) return size == written.size();
  }
  const std::size_t point = std::min(written.find('.'), written.size());
  if (point == 0 || point > 19) return false;
  std::int64_t whole = 0;
  for (const char c : written.substr(0, point)) {
    if (!is_digit(c) || whole > INT64_MAX / 10 - 1) return false;
    whole = whole * 10 + (c - '0');
  }
  int millis = 0;
  if (point < written.size()) {
    const std::string_view fraction = written.substr(point + 1);
    if (fraction.empty() || !std::all_of(fraction.begin(), fraction.end(), is_digit)) return false;
    take_fraction(written, point, millis);
  }
  constexpr std::int64_t tera = 1'000'000'000'000;
  if (whole < tera / 10) {
    epoch_ms = whole * 1000 + millis;  // seconds, until the year 5138
  } else if (whole < tera * 100) {
    epoch_ms = whole;
  } else if (whole < tera * 100'000) {
    epoch_ms = whole / 1000;
  } else {
    epoch_ms = whole / 1'000'000;
  }
  return true;
}

}  // namespace hecate
