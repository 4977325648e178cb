// rate_limit: so many bytes per second, over all connections of a run.
//
// A token bucket that holds one second's worth. Who takes more than is there goes into debt and
// waits it off before sending, so large bodies pass too and the average holds.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "pipeline/io.h"

namespace hecate {

class RateLimit {
 public:
  /// 0: no limit.
  RateLimit(std::uint64_t bytes_per_second, Clock& clock)
      : bytes_per_second_(bytes_per_second), clock_(clock), full_at_(clock.now()) {}

  /// Takes `bytes` and says how long to wait before sending them.
  std::chrono::milliseconds take(std::uint64_t bytes);

 private:
  const std::uint64_t bytes_per_second_;
  Clock& clock_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point full_at_;  // when the bucket would be full again
};

}  // namespace hecate
