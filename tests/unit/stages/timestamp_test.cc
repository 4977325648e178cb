// Times as logs write them.
#include "stages/timestamp.h"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

struct TimeCase {
  std::string_view text;
  std::size_t size;  // 0: no time
  std::int64_t epoch_ms;
};

TEST(Timestamp, reads_iso_8601_in_its_usual_forms) {
  const TimeCase cases[] = {
      {"1970-01-01T00:00:00Z", 20, 0},
      {"2015-08-24T19:03:07.001Z", 24, 1440442987001},
      {"2015-08-24T19:03:07Z", 20, 1440442987000},
      {"2015-08-24T19:03:07", 19, 1440442987000},
      {"2015-08-24 19:03:07.5", 21, 1440442987500},
      {"2015-08-24T19:03:07,25Z", 23, 1440442987250},
      {"2015-08-24T19:03:07.001999999Z", 30, 1440442987001},
      {"2015-08-24T21:03:07+02:00", 25, 1440442987000},
      {"2015-08-24T21:03:07.250+0200", 28, 1440442987250},
      {"2015-08-24T15:33:07-03:30", 25, 1440442987000},
      {"2024-02-29T23:59:60Z", 20, 1709251200000},  // a leap second is the next day's first
      {"9999-12-31T23:59:59.999Z", 24, 253402300799999},
      {"1969-12-31T23:59:59.999Z", 24, -1},
      {"2015-08-24T19:03:07Z and more", 20, 1440442987000},
      {"2015-08-24T19:03:07.Z", 19, 1440442987000},  // a point without digits is not of the time
  };
  for (const TimeCase& c : cases) {
    std::int64_t epoch_ms = -42;
    EXPECT_EQ(take_iso8601(c.text, epoch_ms), c.size) << c.text;
    EXPECT_EQ(epoch_ms, c.epoch_ms) << c.text;
  }
}

TEST(Timestamp, refuses_what_is_no_time) {
  for (const std::string_view text :
       {"", "2", "2015-08-24", "2015-08-24T19:03", "2015-08-24T19:03:0", "2015/08/24T19:03:07Z",
        "2015-13-01T00:00:00Z", "2015-00-01T00:00:00Z", "2015-02-29T00:00:00Z",
        "2015-04-31T00:00:00Z", "2015-08-24T24:00:00Z", "2015-08-24T19:60:07Z",
        "2015-08-24T19:03:61Z", "2015-08-24t19:03:07Z", "+015-08-24T19:03:07Z",
        "2015-08-24T19-03-07Z", "2015-8-24T19:03:07Z0", " 2015-08-24T19:03:07Z"}) {
    std::int64_t epoch_ms = 0;
    EXPECT_EQ(take_iso8601(text, epoch_ms), 0U) << text;
  }
}

TEST(Timestamp, agrees_with_the_c_library_on_any_second) {
  const std::uint64_t seed = test_seed(7);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int i = 0; i < 20000; ++i) {
    const auto seconds = static_cast<std::time_t>(random.below(253402300800));
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    std::int64_t epoch_ms = 0;
    ASSERT_EQ(take_iso8601({text, size}, epoch_ms), size) << text;
    ASSERT_EQ(epoch_ms, seconds * 1000) << text;
  }
}

TEST(Timestamp, never_reads_behind_the_text) {
  const std::string whole = "2015-08-24T19:03:07.123456789+02:00";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string exact = whole.substr(0, size);  // an address sanitizer minds the rest
    std::int64_t epoch_ms = 0;
    EXPECT_LE(take_iso8601(exact, epoch_ms), size);
    EXPECT_LE(take_export_time(exact, epoch_ms), size);
    parse_json_time(exact, epoch_ms);
  }
}

TEST(Timestamp, an_export_line_begins_with_a_utc_time_and_one_space) {
  std::int64_t epoch_ms = 0;
  EXPECT_EQ(take_export_time("2015-08-24T19:03:07.001Z START x", epoch_ms), 25U);
  EXPECT_EQ(epoch_ms, 1440442987001);
  EXPECT_EQ(take_export_time("2015-08-24T19:03:07Z x", epoch_ms), 21U);
  EXPECT_EQ(take_export_time("2015-08-24T19:03:07.123456789Z x", epoch_ms), 31U);
  EXPECT_EQ(take_export_time("2015-08-24T19:03:07.001Z  two", epoch_ms), 25U);
  for (const std::string_view line :
       {"2015-08-24T19:03:07.001Z", "2015-08-24T19:03:07.001Z\tx", "2015-08-24T19:03:07.001 x",
        "2015-08-24T19:03:07.001+00:00 x", "2015-08-24 19:03:07.001Z x", " 2015-08-24T19:03:07Z x",
        "at 2015-08-24T19:03:07Z x", ""}) {
    EXPECT_EQ(take_export_time(line, epoch_ms), 0U) << line;
  }
}

TEST(Timestamp, an_epoch_in_json_is_told_apart_by_its_magnitude) {
  const TimeCase cases[] = {
      {"1440442987", 1, 1440442987000},
      {"\"1440442987\"", 1, 1440442987000},
      {"1440442987.001", 1, 1440442987001},
      {"1440442987.9999", 1, 1440442987999},
      {"1440442987001", 1, 1440442987001},
      {"\"1440442987001\"", 1, 1440442987001},
      {"1440442987001.75", 1, 1440442987001},
      {"1440442987001999", 1, 1440442987001},
      {"1440442987001999999", 1, 1440442987001},
      {"0", 1, 0},
      {"99999999999", 1, 99999999999000},
      {"100000000000", 1, 100000000000},
      {"\"2015-08-24T19:03:07.001Z\"", 1, 1440442987001},
      {"\"2015-08-24 19:03:07\"", 1, 1440442987000},
      {"9223372036854775807", 0, 0},  // larger than the arithmetic is made for
  };
  for (const TimeCase& c : cases) {
    std::int64_t epoch_ms = 0;
    EXPECT_EQ(parse_json_time(c.text, epoch_ms), c.size != 0) << c.text;
    if (c.size != 0) {
      EXPECT_EQ(epoch_ms, c.epoch_ms) << c.text;
    }
  }
}

TEST(Timestamp, json_values_that_are_no_time_are_refused) {
  for (const std::string_view written :
       {"", "\"\"", "\"", "null", "true", "-1", "\"-1\"", "1e9", "1.", ".5", "1.2.3", "{}", "[1]",
        "\"now\"", "\"2015-08-24T19:03:07Z \"", "\"2015-08-24T19:03:07 PST\"",
        "99999999999999999999", "18446744073709551616", "NaN"}) {
    std::int64_t epoch_ms = 0;
    EXPECT_FALSE(parse_json_time(written, epoch_ms)) << written;
  }
}

}  // namespace
}  // namespace hecate
