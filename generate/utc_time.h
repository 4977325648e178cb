// utc_time: writes moments the many ways log files write them.
//
// Every writer of the generator stamps events, names objects by time, or both. Always UTC and
// proleptic Gregorian; the C library's time functions are avoided because they consult the
// environment, and samples must not depend on it.
#pragma once

#include <cstdint>
#include <string>

namespace hecate::generate {

/// A moment taken apart. `millisecond` counts within the second.
struct UtcTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
};

/// Takes apart milliseconds since 1970; negative ones lie before it.
UtcTime utc_time(std::int64_t epoch_ms) noexcept;

/// The ways to write a moment, each with an example.
enum class TimeStyle {
  iso_ms,      ///< 2024-01-31T23:59:59.123Z
  iso_s,       ///< 2024-01-31T23:59:59Z
  comma_ms,    ///< 2024-01-31 23:59:59,123
  postgres,    ///< 2024-01-31 23:59:59.123 UTC
  syslog,      ///< Jan 31 23:59:59
  apache,      ///< Wed Jan 31 23:59:59 2024
  common_log,  ///< 31/Jan/2024:23:59:59 +0000
  slashed,     ///< 2024/01/31 23:59:59
  hadoop,      ///< 24/01/31 23:59:59
  day_path,    ///< 2024/01/31
  hour_path,   ///< 2024/01/31/23
  dashed,      ///< 2024-01-31-23-59-59
  minute_key,  ///< 20240131T2359Z
};

/// Appends the moment in the given style.
void append_time(std::string& out, std::int64_t epoch_ms, TimeStyle style);

}  // namespace hecate::generate
