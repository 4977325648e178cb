// generate: see the header. Checks the options, gives every format its share, and adds up.
#include "generate/generate.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "generate/archive_run.h"
#include "generate/event_id.h"
#include "generate/expected_file.h"
#include "generate/format_writer.h"
#include "generate/message_feed.h"
#include "generate/random.h"
#include "pipeline/check.h"

namespace hecate::generate {
namespace {

constexpr std::int64_t start_ms_min = EventIds::timestamp_ms_min;
constexpr std::int64_t span_ms_max = 100LL * 366 * 86'400'000;
constexpr std::uint64_t members_max = 1'000'000;

Status check_options(const GenerateOptions& options) {
  if (options.out.empty()) return fail(Errc::usage, "--out: missing; name the folder to write to");
  if (options.layers != 1 && options.layers != 2)
    return fail(Errc::usage, "--layers: 1 or 2 layers of gzip are possible");
  if (options.level < 1 || options.level > 9)
    return fail(Errc::usage, "--level: zlib knows the levels 1 to 9");
  if (options.plain && (options.layers != 1 || options.members))
    return fail(Errc::usage, "--plain: without gzip there are no --layers and no --members");
  if (options.members && (*options.members == 0 || *options.members > members_max))
    return fail(Errc::usage, fmt::format("--members: give a number from 1 to {}", members_max));
  if (options.objects && *options.objects == 0)
    return fail(Errc::usage, "--objects: at least one object is needed");
  if (options.control_every && *options.control_every < 2)
    return fail(Errc::usage, "--control: 2 or more; not every document can be a control message");
  if (options.span_ms < 0 || options.span_ms > span_ms_max)
    return fail(Errc::usage, "--span: give at most 100 years, and none below zero");
  if (options.start_ms < start_ms_min ||
      options.start_ms > EventIds::timestamp_ms_max - options.span_ms)
    return fail(Errc::usage, "--start: events must lie between 1985 and 2111");
  const std::uint64_t amount = options.size_bytes.value_or(options.events);
  if (options.objects && *options.objects > amount)
    return fail(Errc::usage, "--objects: more objects than there is to put into them");
  return {};
}

/// The share of format number `index` of `count`; shares differ by one at most and sum up exactly.
std::uint64_t share_of(std::uint64_t total, std::uint64_t index, std::uint64_t count) {
  return total / count + (index < total % count ? 1 : 0);
}

ArchiveShare format_share(const GenerateOptions& options, std::uint64_t index,
                          std::uint64_t count) {
  ArchiveShare share;
  std::uint64_t amount = 0;
  if (options.size_bytes) {
    amount = share_of(*options.size_bytes, index, count);
    share.bytes = amount;
  } else {
    amount = share_of(options.events, index, count);
    share.events = amount;
  }
  if (options.objects && amount > 0) {
    const std::uint64_t objects = share_of(*options.objects, index, count);
    share.objects = std::clamp<std::uint64_t>(objects, 1, amount);
  }
  return share;
}

Result<std::unique_ptr<MessageFeed>> make_feed(const GenerateOptions& options, Random& random) {
  if (options.lines.empty()) return std::make_unique<TemplateFeed>(random);
  Result<std::unique_ptr<LineFeed>> lines = LineFeed::open(options.lines);
  if (!lines) return fail(std::move(lines.error()));
  return std::move(*lines);
}

Result<ArchiveTotals> write_format(const GenerateOptions& options, ArchiveFormat format,
                                   const ArchiveShare& share, ExpectedFile* expected) {
  // Formats draw from sequences of their own, so that one does not depend on another's.
  Random random(options.seed * 16 + static_cast<std::uint64_t>(format));
  Result<std::unique_ptr<MessageFeed>> feed = make_feed(options, random);
  if (!feed) return fail(std::move(feed.error()));
  const std::unique_ptr<FormatWriter> writer =
      make_format_writer(format, {options, random, **feed});
  std::string folder;
  if (options.format == ArchiveFormat::all)
    folder = fmt::format("{}/", archive_format_name(format));
  return ArchiveRun(options, share, std::move(folder), *writer, random, expected).run();
}

void add(ArchiveTotals& to, const ArchiveTotals& from) {
  to.objects += from.objects;
  to.events += from.events;
  to.bytes_uncompressed += from.bytes_uncompressed;
  to.bytes_compressed += from.bytes_compressed;
}

Result<std::unique_ptr<ExpectedFile>> open_expected(const GenerateOptions& options) {
  if (options.expected.empty()) return nullptr;
  std::error_code error;
  const std::filesystem::path folder = options.expected.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(Errc::storage, fmt::format("{}: cannot make the folder: {}; choose another file "
                                           "for --expected",
                                           folder.string(), error.message()));
  }
  return std::make_unique<ExpectedFile>(options.expected);
}

std::string totals_json(const ArchiveTotals& totals) {
  return fmt::format(R"("objects":{},"events":{},"bytes_uncompressed":{},"bytes_compressed":{})",
                     totals.objects, totals.events, totals.bytes_uncompressed,
                     totals.bytes_compressed);
}

}  // namespace

std::string_view archive_format_name(ArchiveFormat format) noexcept {
  switch (format) {
    case ArchiveFormat::all:
      return "all";
    case ArchiveFormat::cloudwatch:
      return "cloudwatch";
    case ArchiveFormat::cloudwatch_export:
      return "cloudwatch-export";
    case ArchiveFormat::cloudtrail:
      return "cloudtrail";
    case ArchiveFormat::json_lines:
      return "json-lines";
    case ArchiveFormat::text:
      return "text";
  }
  return "all";
}

std::optional<ArchiveFormat> archive_format_named(std::string_view name) noexcept {
  if (name == archive_format_name(ArchiveFormat::all)) return ArchiveFormat::all;
  for (const ArchiveFormat format : archive_formats)
    if (name == archive_format_name(format)) return format;
  return std::nullopt;
}

std::unique_ptr<FormatWriter> make_format_writer(ArchiveFormat format,
                                                 const WriterContext& context) {
  switch (format) {
    case ArchiveFormat::cloudwatch:
      return make_cloudwatch_writer(context);
    case ArchiveFormat::cloudwatch_export:
      return make_export_writer(context);
    case ArchiveFormat::cloudtrail:
      return make_cloudtrail_writer(context);
    case ArchiveFormat::json_lines:
      return make_json_lines_writer(context);
    case ArchiveFormat::text:
      return make_text_writer(context);
    case ArchiveFormat::all:
      break;
  }
  check(false, "a writer is made for one format");
  return nullptr;
}

Result<GenerateSummary> generate_archives(const GenerateOptions& options) {
  if (Status sound = check_options(options); !sound) return fail(std::move(sound.error()));
  std::vector<ArchiveFormat> formats(archive_formats.begin(), archive_formats.end());
  if (options.format != ArchiveFormat::all) formats = {options.format};
  Result<std::unique_ptr<ExpectedFile>> expected = open_expected(options);
  if (!expected) return fail(std::move(expected.error()));

  GenerateSummary summary;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const ArchiveShare share = format_share(options, i, formats.size());
    Result<ArchiveTotals> totals = write_format(options, formats[i], share, expected->get());
    if (!totals) return fail(std::move(totals.error()));
    add(summary.total, *totals);
    summary.formats.emplace_back(formats[i], *totals);
  }
  if (*expected) {
    if (Status closed = (*expected)->close(options.start_ms); !closed)
      return fail(std::move(closed.error()));
  }
  return summary;
}

std::string summary_json(const GenerateSummary& summary) {
  std::string json = fmt::format("{{{},\"formats\":{{", totals_json(summary.total));
  for (const auto& [format, totals] : summary.formats) {
    if (json.back() != '{') json += ',';
    json += fmt::format("\"{}\":{{{}}}", archive_format_name(format), totals_json(totals));
  }
  json += "}}";
  return json;
}

int run_generate(const GenerateOptions& options) {
  constexpr int exit_usage = 2;
  constexpr int exit_storage = 3;
  const Result<GenerateSummary> summary = generate_archives(options);
  if (!summary) {
    fmt::print(stderr, "hecate: {}\n", summary.error().message);
    return summary.error().code == Errc::storage ? exit_storage : exit_usage;
  }
  fmt::print("{}\n", summary_json(*summary));
  return 0;
}

}  // namespace hecate::generate
