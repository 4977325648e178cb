#include "stages/rate_limit.h"

#include <algorithm>

namespace hecate {

std::chrono::milliseconds RateLimit::take(std::uint64_t bytes) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  if (bytes_per_second_ == 0) return milliseconds(0);
  const auto cost = duration_cast<nanoseconds>(std::chrono::duration<double>(
      static_cast<double>(bytes) / static_cast<double>(bytes_per_second_)));
  const std::scoped_lock lock(mutex_);
  const auto now = clock_.now();
  full_at_ = std::max(full_at_, now) + cost;
  // More than one second away from full: the bucket is in debt.
  const auto debt = full_at_ - now - seconds(1);
  if (debt <= nanoseconds(0)) return milliseconds(0);
  return duration_cast<milliseconds>(debt) + milliseconds(1);
}

}  // namespace hecate
