// values: what users write on the command line for sizes, rates, times and shards.
//
// Each parser says what it expected when it cannot read something. No options here, see options.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/result.h"

namespace hecate {

/// "1000000", "1MB", "1.5GB", "64KiB"; decimal units by 1000, binary ones by 1024.
Result<std::uint64_t> parse_size(std::string_view text);
/// A size per second: "20MB/s" (the "/s" may be left out).
Result<std::uint64_t> parse_rate(std::string_view text);
/// "2024-01-31", "2024-01-31T12:00", "2024-01-31T12:00:00Z" (UTC), or an age such as "7d", "12h",
/// "30m" before `now_ms`. Epoch milliseconds.
Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_ms);
/// A span of time: "90s", "30m", "12h", "7d". Milliseconds.
Result<std::int64_t> parse_span(std::string_view text);

struct Shard {
  std::uint64_t index = 0;  ///< counted from 0
  std::uint64_t total = 1;
};
/// "I/N", 0 <= I < N.
Result<Shard> parse_shard(std::string_view text);

}  // namespace hecate
