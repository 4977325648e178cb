// generate: writes sample archives of every format hecate reads, `hecate generate`.
//
// Trials, tests and benchmarks need archives that look like those in S3: CloudWatch subscription
// documents as Firehose stores them, CreateExportTask exports, CloudTrail objects, JSON lines and
// plain text; gzipped once or twice, in one member or many. Content comes from invented services or
// from the user's own lines. Equal options give equal bytes on every machine with the same zlib.
// Any size is streamed through fixed buffers. What a reader must find can be written beside it.
//
// Does not talk to AWS and does not clear the output folder.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"

namespace hecate::generate {

enum class ArchiveFormat { all, cloudwatch, cloudwatch_export, cloudtrail, json_lines, text };

/// The formats that `all` stands for, in the order they are written.
inline constexpr std::array<ArchiveFormat, 5> archive_formats = {
    ArchiveFormat::cloudwatch, ArchiveFormat::cloudwatch_export, ArchiveFormat::cloudtrail,
    ArchiveFormat::json_lines, ArchiveFormat::text};

/// The name on the command line ("cloudwatch-export"), which is also the folder under `all`.
std::string_view archive_format_name(ArchiveFormat format) noexcept;

/// The format of that name, if there is one.
std::optional<ArchiveFormat> archive_format_named(std::string_view name) noexcept;

struct GenerateOptions {
  std::filesystem::path out{};                   ///< folder; made if missing
  ArchiveFormat format = ArchiveFormat::all;     ///< all: a folder per format under `out`
  std::uint64_t events = 10'000;                 ///< in total; exact
  std::optional<std::uint64_t> size_bytes{};     ///< instead: uncompressed bytes in total, roughly
  std::optional<std::uint64_t> objects{};        ///< in total; unset: one per 5 MB uncompressed
  std::uint64_t seed = 1;                        ///< of all chance
  std::vector<std::filesystem::path> lines{};    ///< messages: the lines of these files, over again
  std::optional<std::uint64_t> members{};        ///< per gzip object; unset: as the service writes
  int layers = 1;                                ///< of gzip: 1 or 2
  bool plain = false;                            ///< no gzip at all
  int level = 6;                                 ///< of zlib: 1 to 9
  std::int64_t start_ms = 1'706'659'200'000;     ///< time of the first event: 2024-01-31T00:00:00Z
  std::int64_t span_ms = 86'400'000;             ///< the last event lies before start + span
  bool newline_between_documents = false;        ///< cloudwatch: a line feed after each document
  std::optional<std::uint64_t> control_every{};  ///< cloudwatch: each Nth document is a control one
  std::filesystem::path expected{};              ///< ground truth, an object per event; empty: none
};

struct ArchiveTotals {
  std::uint64_t objects = 0;  ///< those that hold events; a probe object is not counted
  std::uint64_t events = 0;   ///< control messages are none
  std::uint64_t bytes_uncompressed = 0;
  std::uint64_t bytes_compressed = 0;
};

struct GenerateSummary {
  ArchiveTotals total;
  std::vector<std::pair<ArchiveFormat, ArchiveTotals>> formats;  ///< those asked for, in order
};

/// Writes the archives. The ground truth has one line per event, in the order of the objects:
/// {"message":…,"timestamp_ms":…,"log_group":…,"log_stream":…,"id":…,"object":…,"record":…} where
/// `object` is the path below `out` and `record` counts the object's events from 0; what a format
/// does not carry is empty. `message` is the event a reader must see: a whole line of json-lines, a
/// whole record of cloudtrail; for text, whose objects carry no times, `timestamp_ms` is the
/// object's modification time.
Result<GenerateSummary> generate_archives(const GenerateOptions& options);

/// The summary as one JSON object, without a line feed.
std::string summary_json(const GenerateSummary& summary);

/// The whole command: writes, prints the summary to stdout or the error to stderr, and returns the
/// exit status (0, 2 for wrong options or unreadable lines, 3 when the output cannot be written).
int run_generate(const GenerateOptions& options);

}  // namespace hecate::generate
