// What users write for sizes, rates, times and shards, and what they are told when it is none.
#include "cli/values.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace hecate {
namespace {

constexpr std::int64_t now_ms = 1'706'702'400'000;  // 2024-01-31T12:00:00Z
constexpr std::int64_t day_ms = 86'400'000;

std::uint64_t size_of(std::string_view text) {
  const Result<std::uint64_t> size = parse_size(text);
  EXPECT_TRUE(size) << text;
  return size.value_or(0);
}

std::int64_t time_of(std::string_view text) {
  const Result<std::int64_t> time = parse_time(text, now_ms);
  EXPECT_TRUE(time) << text;
  return time.value_or(-1);
}

TEST(Values, sizes_have_decimal_units_by_1000_and_binary_ones_by_1024) {
  EXPECT_EQ(size_of("0"), 0U);
  EXPECT_EQ(size_of("1000000"), 1'000'000U);
  EXPECT_EQ(size_of("17B"), 17U);
  EXPECT_EQ(size_of("64KB"), 64'000U);
  EXPECT_EQ(size_of("64kB"), 64'000U);
  EXPECT_EQ(size_of("64K"), 64'000U);
  EXPECT_EQ(size_of("64KiB"), 65'536U);
  EXPECT_EQ(size_of("20MB"), 20'000'000U);
  EXPECT_EQ(size_of("1MiB"), 1'048'576U);
  EXPECT_EQ(size_of("10GB"), 10'000'000'000U);
  EXPECT_EQ(size_of("1GiB"), 1'073'741'824U);
  EXPECT_EQ(size_of("2TB"), 2'000'000'000'000U);
}

TEST(Values, sizes_may_have_a_fraction) {
  EXPECT_EQ(size_of("1.5GB"), 1'500'000'000U);
  EXPECT_EQ(size_of("0.5KiB"), 512U);
}

TEST(Values, what_is_no_size_is_told_with_an_example) {
  for (const std::string_view text : {"", "MB", "ten", "-1", "1 MB", "1XB", "1mb", "1.2.3MB", "1e9",
                                      "99999999999TB", "0x10", "1MB "}) {
    const Result<std::uint64_t> size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().code, Errc::usage);
    EXPECT_EQ(size.error().message,
              "'" + std::string(text) + "' is not a size such as 500KB, 20MB or 1.5GiB");
  }
}

TEST(Values, a_rate_is_a_size_per_second_and_never_nothing) {
  EXPECT_EQ(parse_rate("20MB/s").value_or(0), 20'000'000U);
  EXPECT_EQ(parse_rate("20MB").value_or(0), 20'000'000U);
  for (const std::string_view text : {"", "/s", "0", "0MB/s", "20MB/m", "fast"}) {
    const Result<std::uint64_t> rate = parse_rate(text);
    ASSERT_FALSE(rate) << text;
    EXPECT_EQ(rate.error().message, "'" + std::string(text) + "' is not a rate such as 20MB/s");
  }
}

TEST(Values, a_span_has_a_unit) {
  EXPECT_EQ(parse_span("90s").value_or(0), 90'000);
  EXPECT_EQ(parse_span("30m").value_or(0), 1'800'000);
  EXPECT_EQ(parse_span("12h").value_or(0), 43'200'000);
  EXPECT_EQ(parse_span("7d").value_or(0), 7 * day_ms);
  EXPECT_EQ(parse_span("0s").value_or(-1), 0);
  for (const std::string_view text : {"", "d", "7", "7w", "-7d", "1.5h", "7 d", "1000001d"}) {
    EXPECT_FALSE(parse_span(text)) << text;
  }
}

TEST(Values, a_time_is_a_day_a_minute_or_a_second_in_utc) {
  EXPECT_EQ(time_of("2024-01-31"), now_ms - day_ms / 2);
  EXPECT_EQ(time_of("2024-01-31T12:00"), now_ms);
  EXPECT_EQ(time_of("2024-01-31T12:00:00Z"), now_ms);
  EXPECT_EQ(time_of("2024-01-31T12:00:00.123Z"), now_ms + 123);
  EXPECT_EQ(time_of("2024-02-29"), now_ms + 28 * day_ms + day_ms / 2);
}

TEST(Values, a_time_may_be_an_age) {
  EXPECT_EQ(time_of("7d"), now_ms - 7 * day_ms);
  EXPECT_EQ(time_of("12h"), now_ms - day_ms / 2);
  EXPECT_EQ(time_of("0s"), now_ms);
}

TEST(Values, what_is_no_time_is_told_with_examples) {
  for (const std::string_view text :
       {"", "yesterday", "2024", "2024-13-01", "2024-02-30", "31.01.2024", "2024-01-31T25:00:00Z",
        "2024-01-31T12:00:00Zjunk", "1706702400"}) {
    const Result<std::int64_t> time = parse_time(text, now_ms);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().code, Errc::usage);
    EXPECT_NE(time.error().message.find("'" + std::string(text) + "' is not a time"),
              std::string::npos);
  }
}

TEST(Values, a_shard_is_one_of_n_counted_from_0) {
  const Result<Shard> shard = parse_shard("2/4");
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->index, 2U);
  EXPECT_EQ(shard->total, 4U);
  EXPECT_TRUE(parse_shard("0/1"));
  for (const std::string_view text :
       {"", "/", "1", "4/4", "5/4", "0/0", "-1/4", "a/4", "1/b", "1/4/2", "1 / 4", "/4", "1/"}) {
    EXPECT_FALSE(parse_shard(text)) << text;
  }
}

}  // namespace
}  // namespace hecate
