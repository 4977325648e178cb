// retry: when to try again, and when to give up.
//
// Full jitter: each wait is uniform between zero and a bound that doubles, so that clients that
// failed together do not come back together. Giving up is decided by attempts and by time,
// whichever ends first; progress starts both anew (a new Tries). As thread-safe as its ports.
#pragma once

#include <chrono>
#include <optional>

#include "pipeline/config.h"
#include "pipeline/io.h"

namespace hecate {

class RetryPolicy {
 public:
  /// What failed so far in one undertaking.
  struct Tries {
    int failures = 0;
    std::chrono::steady_clock::time_point first_failure;
  };

  RetryPolicy(const RetryConfig& config, Clock& clock, Random& random)
      : config_(config), clock_(clock), random_(random) {}

  /// Counts a failed try. How long to wait before the next one, `asked` (Retry-After) at least; or
  /// nothing: give up.
  std::optional<std::chrono::milliseconds> after_failure(
      Tries& tries, std::optional<std::chrono::milliseconds> asked = {});

  /// A wait after so many failures in a row, between half the bound and the bound.
  std::chrono::milliseconds rest_after(int failures);

 private:
  [[nodiscard]] std::chrono::milliseconds bound_after(int failures) const noexcept;
  std::chrono::milliseconds random_below(std::chrono::milliseconds bound);

  const RetryConfig config_;
  Clock& clock_;
  Random& random_;
};

}  // namespace hecate
