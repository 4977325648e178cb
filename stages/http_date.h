// http_date: the date of an HTTP header, "Sun, 06 Nov 1994 08:49:37 GMT".
//
// Only the form that servers must send today; the two obsolete ones, and anything else, are none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hecate {

/// Epoch seconds; nothing when `text` is not such a date. The day's name is not checked.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace hecate
