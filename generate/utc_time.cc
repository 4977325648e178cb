// utc_time: see the header. Days are turned into dates with the 400-year cycle of the Gregorian
// calendar (146097 days), counting years from March so that the leap day comes last.
#include "generate/utc_time.h"

#include <array>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace hecate::generate {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Thu", "Fri", "Sat", "Sun",
                                                       "Mon", "Tue", "Wed"};

/// Division that rounds down, also for moments before 1970.
std::int64_t floor_divide(std::int64_t value, std::int64_t by) noexcept {
  return value / by - (value % by < 0 ? 1 : 0);
}

std::string_view month_name(const UtcTime& t) noexcept {
  return month_names[static_cast<std::size_t>(t.month - 1)];
}

std::string_view day_name(std::int64_t epoch_ms) noexcept {
  const std::int64_t day = floor_divide(epoch_ms, day_ms);
  return day_names[static_cast<std::size_t>(day - floor_divide(day, 7) * 7)];
}

}  // namespace

UtcTime utc_time(std::int64_t epoch_ms) noexcept {
  const std::int64_t days = floor_divide(epoch_ms, day_ms);
  const auto in_day = static_cast<int>(epoch_ms - days * day_ms);

  const std::int64_t shifted = days + 719'468;  // days since 1 March of the year 0
  const std::int64_t era = floor_divide(shifted, 146'097);
  const std::int64_t of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * of_year + 2) / 153;

  UtcTime t;
  t.day = static_cast<int>(of_year - (153 * march_month + 2) / 5 + 1);
  t.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  t.year = static_cast<int>(year_of_era + era * 400 + (t.month <= 2 ? 1 : 0));
  t.hour = in_day / 3'600'000;
  t.minute = in_day / 60'000 % 60;
  t.second = in_day / 1000 % 60;
  t.millisecond = in_day % 1000;
  return t;
}

void append_time(std::string& out, std::int64_t epoch_ms, TimeStyle style) {
  const UtcTime t = utc_time(epoch_ms);
  const auto put = [&out]<typename... Args>(fmt::format_string<Args...> form, Args&&... args) {
    fmt::format_to(std::back_inserter(out), form, std::forward<Args>(args)...);
  };
  const auto date = [&](char mark) {
    put("{:04}{}{:02}{}{:02}", t.year, mark, t.month, mark, t.day);
  };
  const auto clock = [&] { put("{:02}:{:02}:{:02}", t.hour, t.minute, t.second); };
  switch (style) {
    case TimeStyle::iso_ms:
      date('-'), put("T"), clock(), put(".{:03}Z", t.millisecond);
      return;
    case TimeStyle::iso_s:
      date('-'), put("T"), clock(), put("Z");
      return;
    case TimeStyle::comma_ms:
      date('-'), put(" "), clock(), put(",{:03}", t.millisecond);
      return;
    case TimeStyle::postgres:
      date('-'), put(" "), clock(), put(".{:03} UTC", t.millisecond);
      return;
    case TimeStyle::syslog:
      put("{} {:>2} ", month_name(t), t.day), clock();
      return;
    case TimeStyle::apache:
      put("{} {} {:>2} ", day_name(epoch_ms), month_name(t), t.day), clock(), put(" {}", t.year);
      return;
    case TimeStyle::common_log:
      put("{:02}/{}/{:04}:", t.day, month_name(t), t.year), clock(), put(" +0000");
      return;
    case TimeStyle::slashed:
      date('/'), put(" "), clock();
      return;
    case TimeStyle::hadoop:
      put("{:02}/{:02}/{:02} ", t.year % 100, t.month, t.day), clock();
      return;
    case TimeStyle::day_path:
      date('/');
      return;
    case TimeStyle::hour_path:
      date('/'), put("/{:02}", t.hour);
      return;
    case TimeStyle::dashed:
      date('-'), put("-{:02}-{:02}-{:02}", t.hour, t.minute, t.second);
      return;
    case TimeStyle::minute_key:
      put("{:04}{:02}{:02}T{:02}{:02}Z", t.year, t.month, t.day, t.hour, t.minute);
      return;
  }
}

}  // namespace hecate::generate
