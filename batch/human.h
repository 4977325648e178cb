// human: numbers as people read them. For terminals and summaries; JSON has its own.
#pragma once

#include <cstdint>
#include <string>

namespace hecate {

/// 1234567 -> "1,234,567".
std::string human_count(std::uint64_t count);
/// 1234567 -> "1.23 MB": three digits, decimal units.
std::string human_bytes(double bytes);
/// 3725 -> "1h02m", 125 -> "2m05s", 12.34 -> "12.3s".
std::string human_seconds(double seconds);

}  // namespace hecate
