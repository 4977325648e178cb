// Tests of event_id: the shape and the order of CloudWatch-like ids.
#include "generate/event_id.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hecate::generate {
namespace {

/// A decimal number divided by a small one, by hand: the test's own arithmetic.
std::string divided(const std::string& number, unsigned by) {
  std::string quotient;
  unsigned long remainder = 0;
  for (const char digit : number) {
    remainder = remainder * 10 + static_cast<unsigned long>(digit - '0');
    quotient += static_cast<char>('0' + remainder / by);
    remainder %= by;
  }
  return quotient;
}

std::string timestamp_in(const std::string& id) {
  std::string number = id;
  for (int i = 0; i < 9; ++i) number = divided(number, 1U << 16);
  return number.substr(number.find_first_not_of('0'));
}

TEST(EventIds, hold_the_timestamp_above_144_bits) {
  Random random(7);
  EventIds ids(random);
  for (const std::int64_t ms : {EventIds::timestamp_ms_min, std::int64_t{1'432'826'855'000},
                                std::int64_t{1'706'659'200'123}, EventIds::timestamp_ms_max}) {
    std::string id;
    ids.append_next(id, ms);
    EXPECT_EQ(id.size(), 56U);
    EXPECT_EQ(timestamp_in(id), std::to_string(ms));
  }
}

TEST(EventIds, rise_strictly_within_and_across_batches) {
  Random random(8);
  EventIds ids(random);
  std::string last(56, '0');
  std::int64_t ms = 1'706'659'200'000;
  for (int batch = 0; batch < 2000; ++batch) {
    ids.start_batch();
    for (int i = 0; i < 5; ++i) {
      std::string id;
      ids.append_next(id, ms);
      ASSERT_GT(id, last);
      last = id;
      if (i == 2) ++ms;
    }
  }
}

TEST(EventIds, count_up_by_one_within_a_millisecond) {
  Random random(9);
  EventIds ids(random);
  std::vector<std::string> made(3);
  for (std::string& id : made) ids.append_next(id, 1'706'659'200'000);
  EXPECT_EQ(made[0].substr(0, 50), made[1].substr(0, 50));
  const auto tail = [&](std::size_t i) { return std::stoull(made[i].substr(40)); };
  EXPECT_EQ(tail(0) + 1, tail(1));
  EXPECT_EQ(tail(1) + 1, tail(2));
}

}  // namespace
}  // namespace hecate::generate
