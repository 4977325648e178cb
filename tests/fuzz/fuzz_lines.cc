// fuzz_lines: the whole chain over the formats that are made of lines, and over CloudTrail.
//
// Input: a byte that chooses the configuration, one that chooses the format, then text. Beyond what
// holds for any text, the lines are told apart a second time, the plain way, and compared.
#include <array>

#include "pipeline/json_text.h"
#include "stages/timestamp.h"
#include "tests/fuzz/pipeline_runs.h"

namespace hecate::fuzz {
namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return lines;
}

bool begins_with_time(const std::string& line, std::size_t& size) {
  std::int64_t ignored = 0;
  size = take_export_time(line, ignored);
  return size != 0;
}

std::vector<std::string> records_of(std::string_view text, Format format) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  std::vector<std::string> records = split_lines(text);
  if (format != Format::cloudwatch_export) {
    for (std::string& line : records) {
      if (line.ends_with('\r')) line.pop_back();
    }
    return records;
  }
  std::vector<std::string> joined;
  for (const std::string& line : records) {
    std::size_t time_size = 0;
    const bool timed = begins_with_time(line, time_size);
    if (timed || joined.empty()) {
      joined.push_back(line.substr(time_size));
    } else {
      joined.back() += '\n' + line;
    }
  }
  return joined;
}

void compare(const Yield& yield, std::string_view text, Format format) {
  static StrictJson json;
  const std::vector<std::string> records = records_of(text, format);
  require(yield.records.size() == records.size(), "every record is an event",
          fmt::format("{}, not {}", yield.records.size(), records.size()));
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string wanted;
    append_valid_utf8(wanted, records[i]);
    // To JSON, a vertical tab is no space: such a line is no object.
    const char* const space = format == Format::json_lines ? " \t\n\r" : " \t\n\v\f\r";
    const bool blank = wanted.find_first_not_of(space) == wanted.npos;
    const Yield::Record& record = yield.records[i];
    require(blank == (record.fate == Fate::filtered), "blank records are filtered, no others",
            records[i]);
    if (blank) continue;
    simdjson::dom::element line;
    std::string_view event;
    require(json.parse(record.line, line) && line["event"].get(event) == simdjson::SUCCESS,
            "the event is a string", record.line);
    require_same(event, wanted, "the line arrives as logged");
  }
}

void run(FuzzInput input) {
  constexpr std::array formats{Format::automatic, Format::cloudwatch_export, Format::cloudtrail,
                               Format::json_lines, Format::text};
  const std::size_t variant = input.byte() % Variant::count;
  const Format format = formats[input.byte() % formats.size()];
  const Yield yield = read_every_way(input.rest(), variant, format);
  const bool by_lines =
      format == Format::cloudwatch_export || format == Format::json_lines || format == Format::text;
  const bool plain_text =
      !input.rest().starts_with("\x1f\x8b\x08") && !input.rest().starts_with("\x28\xb5\x2f\xfd");
  if (variant == Variant::plain && by_lines && plain_text) {
    compare(yield, input.rest(), format);
  }
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
