#include "stages/endpoint_health.h"

#include <algorithm>
#include <utility>

namespace hecate {

using std::chrono::milliseconds;

EndpointHealth::EndpointHealth(std::size_t endpoints, RetryPolicy& retry, Clock& clock)
    : retry_(retry), clock_(clock), endpoints_(endpoints) {
  for (Endpoint& endpoint : endpoints_) endpoint.quota_at = clock_.now();
}

std::optional<EndpointHealth::Time> EndpointHealth::usable_at(Endpoint& endpoint, bool repetition,
                                                              Time now) const {
  if (endpoint.probing) return std::nullopt;
  Time at = now;
  if (endpoint.resting) at = std::max(at, endpoint.rest_until);
  if (repetition) {
    const double passed = std::chrono::duration<double>(now - endpoint.quota_at).count();
    endpoint.quota = std::min(quota_max, endpoint.quota + passed * quota_per_second);
    endpoint.quota_at = now;
    if (endpoint.quota < 1) {
      const std::chrono::duration<double> missing((1 - endpoint.quota) / quota_per_second);
      at = std::max(at, now + std::chrono::duration_cast<milliseconds>(missing) + milliseconds(1));
    }
  }
  return at;
}

EndpointHealth::Choice EndpointHealth::choose(std::size_t home,
                                              std::optional<std::size_t> failed_at) {
  const std::scoped_lock lock(mutex_);
  const Time now = clock_.now();
  const bool repetition = failed_at.has_value();
  std::optional<std::size_t> best;
  std::pair<bool, bool> best_rank;
  std::optional<Time> next;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const std::size_t index = (home + i) % endpoints_.size();
    Endpoint& endpoint = endpoints_[index];
    const std::optional<Time> at = usable_at(endpoint, repetition, now);
    if (!at) continue;
    if (*at > now) {
      next = next ? std::min(*next, *at) : *at;
      continue;
    }
    // A rested endpoint is probed by whoever calls it home, with events that failed nowhere yet.
    const bool to_probe = endpoint.resting && !repetition && i == 0;
    const std::pair<bool, bool> rank(index == failed_at, endpoint.failures > 0 && !to_probe);
    if (!best || rank < best_rank) {
      best = index;
      best_rank = rank;
    }
  }
  if (!best) {
    if (!next) return {};
    return {std::nullopt, std::chrono::duration_cast<milliseconds>(*next - now) + milliseconds(1)};
  }
  Endpoint& chosen = endpoints_[*best];
  if (repetition) chosen.quota -= 1;
  if (chosen.resting) chosen.probing = true;
  return {best, milliseconds(0)};
}

void EndpointHealth::succeeded(std::size_t index) {
  const std::scoped_lock lock(mutex_);
  Endpoint& endpoint = endpoints_[index];
  endpoint.failures = 0;
  endpoint.resting = false;
  endpoint.probing = false;
  endpoint.quota = std::min(quota_max, endpoint.quota + 1);
  changed_.notify_all();
}

void EndpointHealth::failed(std::size_t index, std::optional<milliseconds> retry_after) {
  const std::scoped_lock lock(mutex_);
  Endpoint& endpoint = endpoints_[index];
  const bool probed = std::exchange(endpoint.probing, false);
  if (probed) ++probes_failed_;
  // Posts that were under way when the rest began say nothing new; a rest grows by probes only.
  if (!endpoint.resting || probed) ++endpoint.failures;
  milliseconds rest(0);
  if (endpoint.failures >= failures_before_rest && (!endpoint.resting || probed)) {
    rest = retry_.rest_after(endpoint.failures - failures_before_rest + 1);
  }
  if (retry_after) rest = std::max(rest, *retry_after);
  if (rest > milliseconds(0)) {
    endpoint.resting = true;
    endpoint.rest_until = std::max(endpoint.rest_until, clock_.now() + rest);
  }
  changed_.notify_all();
}

bool EndpointHealth::another_is_well(std::size_t index) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    if (i != index && endpoints_[i].failures == 0 && !endpoints_[i].resting) return true;
  }
  return false;
}

std::uint64_t EndpointHealth::failed_rounds() {
  const std::scoped_lock lock(mutex_);
  return probes_failed_ / endpoints_.size();
}

void EndpointHealth::wait(milliseconds duration, const std::function<bool()>& halted) {
  constexpr milliseconds slice(100);
  if (duration > milliseconds(0)) {
    clock_.sleep_for(std::min(duration, slice), halted);
    return;
  }
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, slice);
}

}  // namespace hecate
