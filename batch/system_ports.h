// system_ports: the clock and the random numbers of this machine.
//
// The one place of the commands that reads a clock or draws a number for real; everything else is
// given these ports and can be tested with others. Thread-safe.
#pragma once

#include <mutex>
#include <random>

#include "pipeline/io.h"

namespace hecate {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
  [[nodiscard]] std::int64_t epoch_ms() const override;
  /// Asks `stopped` (which may be null) at least every 50 ms.
  bool sleep_for(std::chrono::milliseconds duration, const std::function<bool()>& stopped) override;
};

/// For jitter, not for secrets.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  std::uint64_t below(std::uint64_t bound) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace hecate
