// Which objects a run takes: times in paths, ranges, patterns, shards.
#include "batch/object_filter.h"

#include <string>

#include <gtest/gtest.h>

namespace hecate {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t y2024_ms = 1'704'067'200'000;  // 2024-01-01T00:00Z

Envelope object(std::string uri, std::int64_t modified_ms = 0) {
  return {.uri = std::move(uri),
          .identity = "1-1",
          .folder = {},
          .modified_ms = modified_ms,
          .size_bytes = 1};
}

TEST(PathTime, finds_the_time_anywhere_in_the_path) {
  const auto found = [](const char* pattern, const char* path) {
    return PathTime::compile(pattern)->of_file(path);
  };
  const Period hour{y2024_ms + 31 * day_ms + 5 * hour_ms, y2024_ms + 31 * day_ms + 6 * hour_ms};
  EXPECT_EQ(found("%Y/%m/%d/%H", "/logs/2024/02/01/05/a.gz"), hour);
  EXPECT_EQ(found("%Y/%m/%d/%H", "s3://b/AWSLogs/123456789012/2024/2/1/5/a.gz"), hour);
  EXPECT_EQ(found("year=%Y/month=%m/day=%d/hour=%H", "/x/year=2024/month=02/day=01/hour=05/a"),
            hour);
  EXPECT_EQ(found("%Y%m%dT%H", "/x/app_20240201T0530Z.gz"), std::nullopt);
  EXPECT_EQ(found("%Y%m%dT%H%M", "/x/app_20240201T0530Z.gz"),
            (Period{hour.begin_ms + hour_ms / 2, hour.begin_ms + hour_ms / 2 + 60'000}));
  EXPECT_EQ(found("%Y-%j", "/x/2024-032.gz"),
            (Period{y2024_ms + 31 * day_ms, y2024_ms + 32 * day_ms}));
  EXPECT_EQ(found("%Y", "/x/2024/a"), (Period{y2024_ms, y2024_ms + 366 * day_ms}));
  EXPECT_EQ(found("%Y/%m", "/x/2024/12/a"),
            (Period{y2024_ms + 335 * day_ms, y2024_ms + 366 * day_ms}));
  EXPECT_EQ(found("100%%/%Y", "/100%/2024/a"), (Period{y2024_ms, y2024_ms + 366 * day_ms}));
}

TEST(PathTime, finds_no_time_where_there_is_none) {
  const auto found = [](const char* pattern, const char* path) {
    return PathTime::compile(pattern)->of_file(path).has_value();
  };
  EXPECT_FALSE(found("%Y/%m/%d", "/logs/2024/02/a.gz"));
  EXPECT_FALSE(found("%Y/%m/%d", "/logs/2024/13/01/a.gz"));
  EXPECT_FALSE(found("%Y/%m/%d", "/logs/2023/02/29/a.gz"));
  EXPECT_FALSE(found("%Y/%m/%d", "/logs/12024/02/01/a.gz"));
  EXPECT_FALSE(found("%Y/%m/%d", "/logs/2024/02/011/a.gz"));
  EXPECT_FALSE(found("%Y/%m/%d", "/logs/0042/02/01/a.gz"));
  EXPECT_FALSE(found("%Y-%j", "/logs/2023-366/a.gz"));
  EXPECT_FALSE(found("dt=%Y-%m-%d/%Y", "/dt=2024-02-01/2023/a"));
  EXPECT_TRUE(found("%Y/%m/%d", "/2024/99/2024/02/01/a.gz")) << "a later place may fit";
}

TEST(PathTime, knows_the_period_of_a_folder_from_a_part_of_the_template) {
  const auto found = [](const char* pattern, const char* path) {
    return PathTime::compile(pattern)->of_folder(path);
  };
  const Period year{y2024_ms, y2024_ms + 366 * day_ms};
  const Period january{y2024_ms, y2024_ms + 31 * day_ms};
  EXPECT_EQ(found("%Y/%m/%d", "/logs"), std::nullopt);
  EXPECT_EQ(found("%Y/%m/%d", "/logs/2024"), year);
  EXPECT_EQ(found("%Y/%m/%d", "/logs/2024/01"), january);
  EXPECT_EQ(found("%Y/%m/%d", "/logs/2024/01/31"),
            (Period{y2024_ms + 30 * day_ms, y2024_ms + 31 * day_ms}));
  EXPECT_EQ(found("%Y/%m/%d", "/logs/2024/01/31/deeper/down"),
            (Period{y2024_ms + 30 * day_ms, y2024_ms + 31 * day_ms}));
  EXPECT_EQ(found("logs/%Y/%m", "/logs"), std::nullopt);
  EXPECT_EQ(found("%d/%m/%Y", "/logs/31"), std::nullopt);
  EXPECT_EQ(found("%d/%m/%Y", "/logs/31/01"), std::nullopt);
  EXPECT_EQ(found("year=%Y/month=%m", "/x/year=2024"), year);
  EXPECT_EQ(found("%Y-%m-%d", "/x/2024"), std::nullopt);
}

TEST(PathTime, refuses_a_template_that_names_no_time) {
  for (const char* pattern :
       {"logs", "%m/%d", "%Y/%d", "%Y/%m/%H", "%Y/%q", "%Y/%", "%Y/%M", "%Y/%m/%j"}) {
    const Result<PathTime> compiled = PathTime::compile(pattern);
    ASSERT_FALSE(compiled) << pattern;
    EXPECT_EQ(compiled.error().code, Errc::usage);
  }
}

TEST(ObjectFilter, takes_everything_unless_told_otherwise) {
  EXPECT_TRUE(ObjectFilter().accepts(object("/any", 5)));
  EXPECT_TRUE(ObjectFilter::compile({})->may_accept_below("/"));
}

TEST(ObjectFilter, compares_the_modification_time_with_the_range) {
  ObjectFilterOptions options;
  options.since_ms = 100;
  options.until_ms = 200;
  const Result<ObjectFilter> filter = ObjectFilter::compile(options);
  EXPECT_FALSE(filter->accepts(object("/a", 99)));
  EXPECT_TRUE(filter->accepts(object("/a", 100)));
  EXPECT_TRUE(filter->accepts(object("/a", 199)));
  EXPECT_FALSE(filter->accepts(object("/a", 200)));
}

TEST(ObjectFilter, compares_the_time_in_the_path_instead_where_there_is_one) {
  ObjectFilterOptions options;
  options.path_time = "%Y/%m/%d";
  options.since_ms = y2024_ms;
  options.until_ms = y2024_ms + day_ms;
  const Result<ObjectFilter> filter = ObjectFilter::compile(options);
  EXPECT_TRUE(filter->accepts(object("/x/2024/01/01/a", 0)));
  EXPECT_FALSE(filter->accepts(object("/x/2024/01/02/a", y2024_ms)));
  EXPECT_FALSE(filter->accepts(object("/x/2023/12/31/a", y2024_ms)));
  EXPECT_TRUE(filter->accepts(object("/x/other/a", y2024_ms)));
  EXPECT_FALSE(filter->accepts(object("/x/other/a", 0)));

  EXPECT_TRUE(filter->may_accept_below("/x"));
  EXPECT_TRUE(filter->may_accept_below("/x/2024"));
  EXPECT_TRUE(filter->may_accept_below("/x/2024/01"));
  EXPECT_TRUE(filter->may_accept_below("/x/2024/01/01"));
  EXPECT_FALSE(filter->may_accept_below("/x/2024/01/02"));
  EXPECT_FALSE(filter->may_accept_below("/x/2024/02"));
  EXPECT_FALSE(filter->may_accept_below("/x/2023"));
  EXPECT_FALSE(filter->may_accept_below("/x/2025"));
}

TEST(ObjectFilter, lets_exclude_win_over_include) {
  ObjectFilterOptions options;
  options.include = {"*.gz", "/plain/**"};
  options.exclude = {"tmp/", "*-bad.gz"};
  const Result<ObjectFilter> filter = ObjectFilter::compile(options);
  EXPECT_TRUE(filter->accepts(object("/x/a.gz")));
  EXPECT_TRUE(filter->accepts(object("/plain/a.txt")));
  EXPECT_FALSE(filter->accepts(object("/x/a.txt")));
  EXPECT_FALSE(filter->accepts(object("/x/tmp/a.gz")));
  EXPECT_FALSE(filter->accepts(object("/x/a-bad.gz")));
}

TEST(ObjectFilter, gives_every_object_to_exactly_one_shard) {
  constexpr std::uint64_t shards = 7;
  std::vector<ObjectFilter> filters;
  for (std::uint64_t i = 0; i < shards; ++i) {
    ObjectFilterOptions options;
    options.shard = i;
    options.shards_total = shards;
    filters.push_back(*ObjectFilter::compile(options));
  }
  std::vector<int> taken(shards);
  for (int i = 0; i < 7000; ++i) {
    const std::string uri = "/logs/" + std::to_string(i) + ".gz";
    int takers = 0;
    for (std::size_t shard = 0; shard < shards; ++shard) {
      const bool takes = filters[shard].accepts(object(uri));
      takers += takes ? 1 : 0;
      taken[shard] += takes ? 1 : 0;
    }
    ASSERT_EQ(takers, 1) << uri;
  }
  for (const int count : taken) EXPECT_NEAR(count, 1000, 150);
}

TEST(ObjectFilter, refuses_what_makes_no_sense) {
  ObjectFilterOptions shard;
  shard.shard = 2;
  shard.shards_total = 2;
  EXPECT_FALSE(ObjectFilter::compile(shard));
  shard.shard = 0;
  shard.shards_total = 0;
  EXPECT_FALSE(ObjectFilter::compile(shard));
  ObjectFilterOptions range;
  range.since_ms = 5;
  range.until_ms = 5;
  EXPECT_FALSE(ObjectFilter::compile(range));
  ObjectFilterOptions pattern;
  pattern.exclude = {"[a"};
  EXPECT_FALSE(ObjectFilter::compile(pattern));
}

}  // namespace
}  // namespace hecate
