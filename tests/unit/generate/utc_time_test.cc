// Tests of utc_time: known moments, and the C library as the judge of dates.
#include "generate/utc_time.h"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "generate/random.h"

namespace hecate::generate {
namespace {

std::string written(std::int64_t ms, TimeStyle style) {
  std::string out;
  append_time(out, ms, style);
  return out;
}

TEST(UtcTime, writes_every_style) {
  constexpr std::int64_t ms = 1'706'745'599'123;  // a Wednesday
  EXPECT_EQ(written(ms, TimeStyle::iso_ms), "2024-01-31T23:59:59.123Z");
  EXPECT_EQ(written(ms, TimeStyle::iso_s), "2024-01-31T23:59:59Z");
  EXPECT_EQ(written(ms, TimeStyle::comma_ms), "2024-01-31 23:59:59,123");
  EXPECT_EQ(written(ms, TimeStyle::postgres), "2024-01-31 23:59:59.123 UTC");
  EXPECT_EQ(written(ms, TimeStyle::syslog), "Jan 31 23:59:59");
  EXPECT_EQ(written(ms + 86'400'000, TimeStyle::syslog), "Feb  1 23:59:59");
  EXPECT_EQ(written(ms, TimeStyle::apache), "Wed Jan 31 23:59:59 2024");
  EXPECT_EQ(written(ms, TimeStyle::common_log), "31/Jan/2024:23:59:59 +0000");
  EXPECT_EQ(written(ms, TimeStyle::slashed), "2024/01/31 23:59:59");
  EXPECT_EQ(written(ms, TimeStyle::hadoop), "24/01/31 23:59:59");
  EXPECT_EQ(written(ms, TimeStyle::day_path), "2024/01/31");
  EXPECT_EQ(written(ms, TimeStyle::hour_path), "2024/01/31/23");
  EXPECT_EQ(written(ms, TimeStyle::dashed), "2024-01-31-23-59-59");
  EXPECT_EQ(written(ms, TimeStyle::minute_key), "20240131T2359Z");
}

TEST(UtcTime, knows_leap_days_and_the_time_before_1970) {
  EXPECT_EQ(written(951'782'400'000, TimeStyle::iso_ms), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(written(4'107'542'400'000, TimeStyle::iso_ms), "2100-03-01T00:00:00.000Z");
  EXPECT_EQ(written(-1, TimeStyle::iso_ms), "1969-12-31T23:59:59.999Z");
}

TEST(UtcTime, agrees_with_the_c_library) {
  constexpr std::uint64_t seed = 4711;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const auto seconds = static_cast<std::time_t>(random.below(8'000'000'000)) - 2'000'000'000;
    std::tm parts{};
    ASSERT_NE(::gmtime_r(&seconds, &parts), nullptr);
    const UtcTime t = utc_time(seconds * 1000 + 7);
    ASSERT_EQ(t.year, parts.tm_year + 1900);
    ASSERT_EQ(t.month, parts.tm_mon + 1);
    ASSERT_EQ(t.day, parts.tm_mday);
    ASSERT_EQ(t.hour * 3600 + t.minute * 60 + t.second,
              parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec);
    ASSERT_EQ(t.millisecond, 7);
  }
}

}  // namespace
}  // namespace hecate::generate
