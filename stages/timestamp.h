// timestamp: the times that log lines and JSON logs carry, as epoch milliseconds.
//
// Integer arithmetic throughout. No time zones by name; a time without a zone is taken as UTC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hecate {

/// Reads `YYYY-MM-DDTHH:MM:SS[.fraction][Z|+HH:MM|+HHMM]` (a space may stand for the T, a comma for
/// the point) at the beginning of `text`. Returns the bytes it takes, 0 when there is no such time.
std::size_t take_iso8601(std::string_view text, std::int64_t& epoch_ms) noexcept;

/// The beginning of a line of a CloudWatch export task: a UTC time (with the Z) and one space.
/// Returns the bytes of both, 0 when the line does not begin so.
std::size_t take_export_time(std::string_view line, std::int64_t& epoch_ms) noexcept;

/// The most bytes that take_export_time() looks at.
inline constexpr std::size_t export_time_bytes_max = 40;

/// The value of a time key as written in JSON: an ISO-8601 string, or an epoch as number or string.
/// An epoch's unit is told by its magnitude: seconds (with fraction), milli-, micro- or
/// nanoseconds.
bool parse_json_time(std::string_view written, std::int64_t& epoch_ms) noexcept;

}  // namespace hecate
