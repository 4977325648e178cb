#include "batch/system_ports.h"

#include <algorithm>
#include <exception>
#include <thread>

#include <unistd.h>

#include "pipeline/check.h"

namespace hecate {
namespace {

constexpr std::chrono::milliseconds stop_poll{50};

std::uint64_t seed() {
  try {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
  } catch (const std::exception&) {
    // No entropy to be had: then jitter need only differ from that of other processes.
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(now) ^ static_cast<std::uint64_t>(::getpid()) << 40;
  }
}

}  // namespace

std::chrono::steady_clock::time_point SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

std::int64_t SystemClock::epoch_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool SystemClock::sleep_for(std::chrono::milliseconds duration,
                            const std::function<bool()>& stopped) {
  const auto end = std::chrono::steady_clock::now() + duration;
  for (;;) {
    if (stopped && stopped()) return false;
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) return true;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, stop_poll));
  }
}

SystemRandom::SystemRandom() : engine_(seed()) {
}

std::uint64_t SystemRandom::below(std::uint64_t bound) {
  check(bound > 0, "a random number is asked for below something");
  const std::lock_guard lock(mutex_);
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine_);
}

}  // namespace hecate
