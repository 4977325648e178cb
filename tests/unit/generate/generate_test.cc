// Tests of generate: counts, shares, packing and errors, whatever the format.
#include "generate/generate.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/generate/archive_reading.h"

namespace hecate::generate {
namespace {

using testing::gunzip;
using testing::Inflated;
using testing::read_expected;
using testing::read_tree;
using testing::ReadEvent;
using testing::TemporaryFolder;
using testing::unpack;

GenerateSummary generated(const GenerateOptions& options) {
  const Result<GenerateSummary> summary = generate_archives(options);
  EXPECT_TRUE(summary) << summary.error().message;
  return summary.value_or(GenerateSummary{});
}

TEST(Generate, equal_options_give_equal_bytes_and_another_seed_others) {
  const TemporaryFolder folder;
  GenerateOptions options{.out = folder.path() / "a", .events = 3000};
  generated(options);
  options.out = folder.path() / "b";
  generated(options);
  options.out = folder.path() / "c";
  options.seed = 2;
  generated(options);
  const auto first = read_tree(folder.path() / "a");
  EXPECT_GT(first.size(), 5U);
  EXPECT_TRUE(first == read_tree(folder.path() / "b"));
  EXPECT_FALSE(first == read_tree(folder.path() / "c"));
}

TEST(Generate, writes_exactly_as_many_events_and_objects_as_asked) {
  for (const ArchiveFormat format : {ArchiveFormat::all, ArchiveFormat::cloudwatch,
                                     ArchiveFormat::cloudtrail, ArchiveFormat::text}) {
    for (const std::uint64_t events : {1U, 7U, 1003U, 5000U}) {
      SCOPED_TRACE(std::string(archive_format_name(format)) + " " + std::to_string(events));
      const TemporaryFolder folder;
      GenerateOptions options{.out = folder.path() / "o", .format = format, .events = events};
      options.objects = std::min<std::uint64_t>(events, 7);
      options.expected = folder.path() / "deep" / "expected.ndjson";
      const GenerateSummary summary = generated(options);
      EXPECT_EQ(summary.total.events, events);
      if (format != ArchiveFormat::all) {
        EXPECT_EQ(summary.total.objects, *options.objects);
      }
      const std::vector<ReadEvent> expected = read_expected(options.expected);
      EXPECT_EQ(expected.size(), events);
      std::set<std::string> objects;
      for (const ReadEvent& event : expected) objects.insert(event.object);
      EXPECT_EQ(objects.size(), summary.total.objects);
    }
  }
}

TEST(Generate, shares_events_and_objects_among_all_formats) {
  const TemporaryFolder folder;
  const GenerateSummary summary = generated({.out = folder.path(), .events = 1003, .objects = 12});
  ASSERT_EQ(summary.formats.size(), archive_formats.size());
  EXPECT_EQ(summary.total.objects, 12U);
  for (const auto& [format, totals] : summary.formats) {
    EXPECT_GE(totals.events, 200U);
    EXPECT_LE(totals.events, 201U);
    EXPECT_TRUE(std::filesystem::is_directory(folder.path() / archive_format_name(format)));
  }
}

TEST(Generate, reaches_a_size_and_counts_bytes_truthfully) {
  for (const ArchiveFormat format : archive_formats) {
    SCOPED_TRACE(archive_format_name(format));
    const TemporaryFolder folder;
    const GenerateSummary summary = generated({.out = folder.path(),
                                               .format = format,
                                               .size_bytes = 1'000'000,
                                               .objects = 3,
                                               .level = 1});
    EXPECT_EQ(summary.total.objects, 3U);
    EXPECT_GE(summary.total.bytes_uncompressed, 1'000'000U);
    EXPECT_LT(summary.total.bytes_uncompressed, 1'310'000U);
    std::uint64_t text = 0;
    std::uint64_t stored = 0;
    for (const auto& [path, bytes] : read_tree(folder.path())) {
      if (path.ends_with("aws-logs-write-test")) continue;
      text += unpack(bytes).size();
      stored += bytes.size();
    }
    EXPECT_EQ(text, summary.total.bytes_uncompressed);
    EXPECT_EQ(stored, summary.total.bytes_compressed);
  }
}

TEST(Generate, starts_a_new_object_every_five_megabytes) {
  const TemporaryFolder folder;
  const GenerateSummary summary = generated({.out = folder.path(),
                                             .format = ArchiveFormat::cloudwatch,
                                             .size_bytes = 12'000'000,
                                             .plain = true});
  EXPECT_EQ(summary.total.objects, 3U);
}

TEST(Generate, cuts_the_members_asked_for_in_every_layer_and_format) {
  for (const ArchiveFormat format : archive_formats) {
    for (const int layers : {1, 2}) {
      SCOPED_TRACE(std::string(archive_format_name(format)) + " " + std::to_string(layers));
      const TemporaryFolder folder;
      generated({.out = folder.path(),
                 .format = format,
                 .events = 50,
                 .objects = 2,
                 .members = 5,
                 .layers = layers});
      int objects = 0;
      for (const auto& [path, bytes] : read_tree(folder.path())) {
        if (path.ends_with("aws-logs-write-test")) continue;
        ++objects;
        Inflated inflated = gunzip(bytes);
        EXPECT_TRUE(inflated.sound);
        if (layers == 2) {
          EXPECT_EQ(inflated.members, 1);
          inflated = gunzip(inflated.text);
          EXPECT_TRUE(inflated.sound);
        }
        EXPECT_EQ(inflated.members, 5) << path;
      }
      EXPECT_EQ(objects, 2);
    }
  }
}

TEST(Generate, stamps_events_in_order_within_the_span) {
  for (const bool by_size : {false, true}) {
    const TemporaryFolder folder;
    GenerateOptions options{.out = folder.path() / "o", .format = ArchiveFormat::cloudwatch};
    if (by_size) options.size_bytes = 2'000'000;
    options.start_ms = 1'600'000'000'000;
    options.span_ms = 3'600'000;
    options.expected = folder.path() / "e";
    generated(options);
    std::int64_t last = options.start_ms;
    for (const ReadEvent& event : read_expected(options.expected)) {
      EXPECT_GE(event.timestamp_ms, last);
      last = event.timestamp_ms;
    }
    EXPECT_LT(last, options.start_ms + options.span_ms);
    EXPECT_GT(last, options.start_ms + options.span_ms / 10 * 9);
  }
}

TEST(Generate, writes_nothing_when_no_events_are_asked_for) {
  const TemporaryFolder folder;
  const GenerateSummary summary = generated({.out = folder.path(), .events = 0});
  EXPECT_EQ(summary.total.objects, 0U);
  EXPECT_TRUE(read_tree(folder.path()).empty());
}

TEST(Generate, summarises_as_one_json_object) {
  GenerateSummary summary;
  summary.total = {3, 20, 4000, 500};
  summary.formats = {{ArchiveFormat::cloudwatch, {1, 15, 3000, 400}},
                     {ArchiveFormat::cloudwatch_export, {2, 5, 1000, 100}}};
  EXPECT_EQ(
      summary_json(summary),
      R"({"objects":3,"events":20,"bytes_uncompressed":4000,"bytes_compressed":500,"formats":{)"
      R"("cloudwatch":{"objects":1,"events":15,"bytes_uncompressed":3000,"bytes_compressed":400},)"
      R"("cloudwatch-export":{"objects":2,"events":5,"bytes_uncompressed":1000,)"
      R"("bytes_compressed":100}}})");
}

TEST(Generate, names_formats_both_ways) {
  for (const ArchiveFormat format : archive_formats)
    EXPECT_EQ(archive_format_named(archive_format_name(format)), format);
  EXPECT_EQ(archive_format_named("all"), ArchiveFormat::all);
  EXPECT_EQ(archive_format_named("json"), std::nullopt);
}

TEST(Generate, refuses_options_that_cannot_be) {
  const TemporaryFolder folder;
  const auto refused = [&](auto change) {
    GenerateOptions options{.out = folder.path(), .events = 10};
    change(options);
    const Result<GenerateSummary> summary = generate_archives(options);
    return !summary && summary.error().code == Errc::usage &&
           summary.error().message.starts_with("--");
  };
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.out.clear(); }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.layers = 3; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.level = 0; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.members = 0; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.objects = 0; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.objects = 11; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.control_every = 1; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.span_ms = -1; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.start_ms = 0; }));
  EXPECT_TRUE(refused([](GenerateOptions& o) { o.plain = true, o.layers = 2; }));
  EXPECT_TRUE(read_tree(folder.path()).empty());
}

TEST(Generate, says_which_folder_it_cannot_write_to) {
  const TemporaryFolder folder;
  testing::write_file(folder.path() / "file", "in the way");
  const Result<GenerateSummary> summary =
      generate_archives({.out = folder.path() / "file" / "out", .events = 10});
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, Errc::storage);
  EXPECT_NE(summary.error().message.find("file"), std::string::npos);
  EXPECT_EQ(run_generate({.out = folder.path() / "file" / "out", .events = 10}), 3);
  EXPECT_EQ(run_generate({.out = folder.path(), .lines = {folder.path() / "none"}}), 2);
}

}  // namespace
}  // namespace hecate::generate
