#include "stages/retry.h"

#include <algorithm>

namespace hecate {

using std::chrono::milliseconds;

milliseconds RetryPolicy::bound_after(int failures) const noexcept {
  milliseconds bound = config_.base;
  // Stops at the cap, so it cannot overflow however many failures there were.
  for (int i = 1; i < failures && bound < config_.cap; ++i) bound *= 2;
  return std::min(bound, config_.cap);
}

milliseconds RetryPolicy::random_below(milliseconds bound) {
  if (bound <= milliseconds(0)) return milliseconds(0);
  const auto steps = static_cast<std::uint64_t>(bound.count()) + 1;
  return milliseconds(static_cast<std::int64_t>(random_.below(steps)));
}

std::optional<milliseconds> RetryPolicy::after_failure(Tries& tries,
                                                       std::optional<milliseconds> asked) {
  const auto now = clock_.now();
  if (tries.failures == 0) tries.first_failure = now;
  ++tries.failures;
  if (tries.failures >= config_.attempts) return std::nullopt;
  // Who was told when to come back spreads out a little behind that time, never before it.
  const milliseconds wait =
      asked ? *asked + random_below(bound_after(1)) : random_below(bound_after(tries.failures));
  if (now + wait - tries.first_failure > config_.budget) return std::nullopt;
  return wait;
}

milliseconds RetryPolicy::rest_after(int failures) {
  const milliseconds half = bound_after(failures) / 2;
  return half + random_below(half);
}

}  // namespace hecate
