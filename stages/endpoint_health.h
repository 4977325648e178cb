// endpoint_health: which endpoint to use now, and which to leave alone.
//
// Shared by all connections of a sink. An endpoint that fails several times in a row, or asks for a
// pause, rests; after its rest one connection probes it while the others wait, and only a success
// brings them back. Repeated posts are drawn from a quota per endpoint, so that an outage never
// turns into a storm of repetitions. It measures nothing by itself: it is told. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "pipeline/io.h"
#include "stages/retry.h"

namespace hecate {

class EndpointHealth {
 public:
  /// Failures in a row before an endpoint rests.
  static constexpr int failures_before_rest = 5;
  /// Repetitions an endpoint can be given in a burst, and per second; each success earns one more.
  static constexpr double quota_max = 100;
  static constexpr double quota_per_second = 10;

  EndpointHealth(std::size_t endpoints, RetryPolicy& retry, Clock& clock);

  struct Choice {
    std::optional<std::size_t> endpoint;  ///< to be used now, and then reported on
    /// Without an endpoint: when to ask again. Zero: once the probe under way has ended.
    std::chrono::milliseconds wait{0};
  };
  /// `home` is preferred while it is well; `failed_at` just failed the same events, which makes
  /// this a repetition.
  Choice choose(std::size_t home, std::optional<std::size_t> failed_at);

  /// How a post to `endpoint` ended. Exactly one of these per choice.
  void succeeded(std::size_t endpoint);
  void failed(std::size_t endpoint, std::optional<std::chrono::milliseconds> retry_after);

  /// True when an endpoint other than `endpoint` is well.
  [[nodiscard]] bool another_is_well(std::size_t endpoint);
  /// Rounds of probes that failed: what those who wait count as failed tries of their own.
  [[nodiscard]] std::uint64_t failed_rounds();
  /// Waits as told by a choice, in slices; returns early when something changed or `halted`.
  void wait(std::chrono::milliseconds duration, const std::function<bool()>& halted);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Endpoint {
    int failures = 0;  // in a row
    bool resting = false;
    bool probing = false;
    Time rest_until;
    double quota = quota_max;
    Time quota_at;
  };
  /// When it may be used: now or earlier, later, or (nothing) after the probe under way.
  std::optional<Time> usable_at(Endpoint& endpoint, bool repetition, Time now) const;

  RetryPolicy& retry_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Endpoint> endpoints_;
  std::uint64_t probes_failed_ = 0;
};

}  // namespace hecate
