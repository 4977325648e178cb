#include "stages/detect_format.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "pipeline/json_text.h"
#include "stages/json_scan.h"
#include "stages/timestamp.h"

namespace hecate {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::pair<Format, std::string_view>, 6> names = {{
    {Format::automatic, "auto"},
    {Format::cloudwatch, "cloudwatch"},
    {Format::cloudwatch_export, "cloudwatch-export"},
    {Format::cloudtrail, "cloudtrail"},
    {Format::json_lines, "json-lines"},
    {Format::text, "text"},
}};

// Beginnings of files that are no logs.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> foreign = {{
    {"\x1f\x8b"sv, "gzip data that is damaged or nested too deep"},
    {"\x28\xb5\x2f\xfd"sv, "zstd data nested too deep"},
    {"BZh"sv, "bzip2 data"},
    {"\xfd"
     "7zXZ"sv,
     "xz data"},
    {"\x04\x22\x4d\x18"sv, "lz4 data"},
    {"PK\x03\x04"sv, "a zip archive"},
    {"PAR1"sv, "a Parquet file"},
    {"Obj\x01"sv, "an Avro file"},
    {"\x7f"
     "ELF"sv,
     "an executable"},
    {"\x89PNG"sv, "a PNG image"},
    {"\xff\xd8\xff"sv, "a JPEG image"},
    {"%PDF-"sv, "a PDF document"},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"\xff\xfe"sv, "UTF-16 text"},
    {"\xfe\xff"sv, "UTF-16 text"},
}};

constexpr std::size_t sample_bytes = 4096;

bool is_text_byte(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 || (byte >= 0x08 && byte <= 0x0d) || byte == 0x1b;
}

// Binary data: one byte in ten is a control character that no log uses, or one in three is no
// UTF-8.
bool looks_binary(std::string_view text) noexcept {
  std::string_view sample = text.substr(0, sample_bytes);
  const auto controls = static_cast<std::size_t>(
      std::count_if(sample.begin(), sample.end(), [](char c) { return !is_text_byte(c); }));
  if (controls * 10 > sample.size()) return true;
  const std::size_t size = sample.size();
  std::size_t invalid = 0;
  while (sample.size() > 4) {  // a character may be cut at the end of the sample
    const std::size_t length = utf8_sequence_length(sample);
    invalid += length == 0 ? 1 : 0;
    sample.remove_prefix(length == 0 ? 1 : length);
  }
  return invalid * 3 > size;
}

struct TopLevelKeys {
  bool message_type = false;
  bool records = false;
  bool log_events = false;
  bool one_line = false;  ///< the object closed without a newline in it, and is alone on its line
};

// Walks the first object's own keys; stops early at what settles the matter.
Step walk_keys(JsonCursor cursor, bool at_end, TopLevelKeys& keys) {
  const char* const begin = cursor.p;
  ++cursor.p;
  cursor.skip_space();
  bool more = cursor.p == cursor.end || *cursor.p != '}';
  if (!more) ++cursor.p;
  while (more) {
    JsonSlice key;
    if (const Step step = take_key(cursor, key); step != Step::done) return step;
    keys.message_type |= key.raw == "messageType";
    keys.log_events |= key.raw == "logEvents";
    keys.records |= key.raw == "Records" && *cursor.p == '[';
    if (keys.message_type || keys.log_events || keys.records) return Step::done;
    if (const Step step = skip_value(cursor); step != Step::done) return step;
    if (const Step step = take_member_end(cursor, more); step != Step::done) return step;
  }
  while (cursor.p < cursor.end && (*cursor.p == ' ' || *cursor.p == '\t' || *cursor.p == '\r'))
    ++cursor.p;
  if (cursor.p == cursor.end && !at_end) return Step::incomplete;
  keys.one_line =
      std::find(begin, cursor.p, '\n') == cursor.p && (cursor.p == cursor.end || *cursor.p == '\n');
  return Step::done;
}

}  // namespace

Result<std::optional<Format>> detect_format(std::string_view text, bool at_end,
                                            const ScanKernels& kernels) {
  for (const auto& [magic, what] : foreign) {
    if (text.starts_with(magic))
      return fail(Errc::bad_object, fmt::format("not a log: this is {}", what));
  }
  if (text.size() < sample_bytes && !at_end) return std::optional<Format>();
  if (looks_binary(text)) return fail(Errc::bad_object, "not a log: this is binary data");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);

  JsonCursor cursor{text.data(), text.data() + text.size(), &kernels};
  cursor.skip_space();
  if (cursor.p == cursor.end && !at_end) return std::optional<Format>();
  if (cursor.p < cursor.end && *cursor.p == '{') {
    TopLevelKeys keys;
    const Step step = walk_keys(cursor, at_end, keys);
    if (step == Step::incomplete && !at_end) return std::optional<Format>();
    if (keys.message_type || keys.log_events) return std::optional(Format::cloudwatch);
    if (keys.records) return std::optional(Format::cloudtrail);
    if (step == Step::done && keys.one_line) return std::optional(Format::json_lines);
    // Half a line of JSON is no text: better a dead letter than an event that was never logged.
    if (step == Step::incomplete && std::find(cursor.p, cursor.end, '\n') == cursor.end)
      return std::optional(Format::json_lines);
  }
  std::int64_t ignored = 0;
  if (take_export_time(text, ignored) != 0) return std::optional(Format::cloudwatch_export);
  return std::optional(Format::text);
}

std::string_view format_name(Format format) noexcept {
  for (const auto& [value, name] : names) {
    if (value == format) return name;
  }
  return "auto";
}

std::optional<Format> format_from_name(std::string_view name) noexcept {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace hecate
