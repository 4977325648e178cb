// The real clock and the real random numbers keep to their ports' contracts.
#include "batch/system_ports.h"

#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace hecate {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, sleeps_as_long_as_it_was_told) {
  SystemClock clock;
  const auto begin = clock.now();
  EXPECT_TRUE(clock.sleep_for(120ms, {}));
  EXPECT_GE(clock.now() - begin, 120ms);
  EXPECT_TRUE(clock.sleep_for(0ms, [] { return false; }));
  EXPECT_TRUE(clock.sleep_for(-5ms, {}));
}

TEST(SystemClock, wakes_up_soon_after_a_stop) {
  SystemClock clock;
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stopped = true;
  });
  const auto begin = clock.now();
  EXPECT_FALSE(clock.sleep_for(1h, [&] { return stopped.load(); }));
  EXPECT_LT(clock.now() - begin, 5s);
  stopper.join();
  EXPECT_FALSE(clock.sleep_for(1h, [] { return true; }));
}

TEST(SystemClock, knows_the_date) {
  EXPECT_GT(SystemClock().epoch_ms(), 1'700'000'000'000);
}

TEST(SystemRandom, stays_below_the_bound_and_reaches_all_of_it) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(5));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_NE(SystemRandom().below(~0ULL), SystemRandom().below(~0ULL));
}

}  // namespace
}  // namespace hecate
