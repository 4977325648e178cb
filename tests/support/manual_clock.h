// manual_clock: time that passes only when told to, or when somebody sleeps.
//
// Sleeping returns at once and moves the time on, so that tests of waits take none. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/io.h"

namespace hecate {

class ManualClock : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ms_));
  }
  [[nodiscard]] std::int64_t epoch_ms() const override { return 1'700'000'000'000 + now_ms_; }
  bool sleep_for(std::chrono::milliseconds duration,
                 const std::function<bool()>& stopped) override {
    {
      const std::scoped_lock lock(mutex_);
      slept_.push_back(duration);
    }
    if (stopped && stopped()) return false;
    advance(duration);
    std::this_thread::yield();
    return !(stopped && stopped());
  }
  void advance(std::chrono::milliseconds duration) { now_ms_ += duration.count(); }
  /// Every sleep so far.
  [[nodiscard]] std::vector<std::chrono::milliseconds> slept() const {
    const std::scoped_lock lock(mutex_);
    return slept_;
  }

 private:
  std::atomic<std::int64_t> now_ms_{1'000'000};
  mutable std::mutex mutex_;
  std::vector<std::chrono::milliseconds> slept_;
};

}  // namespace hecate
