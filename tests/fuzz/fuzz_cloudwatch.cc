// fuzz_cloudwatch: the whole chain over CloudWatch documents, sound and damaged.
//
// Input: a byte that chooses configuration and format, then text. Beyond what holds for any text: a
// document that simdjson's strict parser takes must come out event by event, message by message.
#include <set>

#include "tests/fuzz/pipeline_runs.h"

namespace hecate::fuzz {
namespace {

struct WantedEvent {
  std::string message;
  std::int64_t time_ms = 0;
};
struct WantedDocument {
  std::string group, stream;
  std::vector<WantedEvent> events;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\v\f\r") == text.npos;
}

// The events of an array; nothing when one of them is not what CloudWatch writes.
std::optional<std::vector<WantedEvent>> events_of(simdjson::dom::array array) {
  std::vector<WantedEvent> events;
  for (const simdjson::dom::element element : array) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return std::nullopt;
    std::set<std::string_view> keys;
    for (const auto member : object) {
      if (!keys.insert(member.key).second) return std::nullopt;
    }
    std::string_view message;
    std::int64_t time_ms = 0;
    if (object["message"].get(message) != simdjson::SUCCESS ||
        object["timestamp"].get(time_ms) != simdjson::SUCCESS || time_ms < 0)
      return std::nullopt;
    if (!is_blank(message)) events.push_back({std::string(message), time_ms});
  }
  return events;
}

// What a strict parser sees; nothing when the text is not one plain CloudWatch document.
std::optional<WantedDocument> read_strictly(std::string_view text, StrictJson& json) {
  simdjson::dom::element element;
  simdjson::dom::object object;
  // Keys may be escaped in JSON; nobody writes them so, and here they are compared as written.
  if (text.find("\\u00") != text.npos || !json.parse(text, element) ||
      element.get(object) != simdjson::SUCCESS)
    return std::nullopt;
  std::set<std::string_view> keys;
  for (const auto member : object) {
    if (!keys.insert(member.key).second) return std::nullopt;
  }
  WantedDocument document;
  std::string_view type, group, stream;
  simdjson::dom::array events;
  if (object["messageType"].get(type) != simdjson::SUCCESS || type != "DATA_MESSAGE" ||
      object["logEvents"].get(events) != simdjson::SUCCESS ||
      object["logGroup"].get(group) != simdjson::SUCCESS || group.empty() ||
      object["logStream"].get(stream) != simdjson::SUCCESS)
    return std::nullopt;
  std::optional<std::vector<WantedEvent>> wanted = events_of(events);
  if (!wanted) return std::nullopt;
  return WantedDocument{std::string(group), std::string(stream), std::move(*wanted)};
}

void compare(const Yield& yield, const WantedDocument& document, StrictJson& json) {
  require(!yield.error, "a sound document is no problem");
  std::size_t next = 0;
  for (const Yield::Record& record : yield.records) {
    if (record.fate == Fate::filtered) continue;
    require(record.fate == Fate::keep, "a sound event is kept");
    require(next < document.events.size(), "no event is made up");
    const WantedEvent& wanted = document.events[next++];
    simdjson::dom::element line;
    require(json.parse(record.line, line), "an event is JSON");
    std::string_view text;
    require(line["event"].get(text) == simdjson::SUCCESS, "the event is a string");
    require_same(text, wanted.message, "the message arrives as logged");
    require_same(std::string_view(line["source"]), document.group, "the source is the log group");
    if (!document.stream.empty())
      require_same(std::string_view(line["host"]), document.stream, "the host is the log stream");
    const std::string time =
        fmt::format("{{\"time\":{}.{:03},", wanted.time_ms / 1000, wanted.time_ms % 1000);
    require(record.line.starts_with(time), "the time is exact", record.line);
  }
  require(next == document.events.size(), "no event is lost",
          fmt::format("{} of {}", next, document.events.size()));
}

void run(FuzzInput input) {
  const std::uint8_t choice = input.byte();
  const std::size_t variant = choice % Variant::count;
  const Format format = (choice & 0x80) != 0 ? Format::automatic : Format::cloudwatch;
  const Yield yield = read_every_way(input.rest(), variant, format);
  if (variant != Variant::plain) return;
  static StrictJson document_json, line_json;
  if (const auto document = read_strictly(input.rest(), document_json))
    compare(yield, *document, line_json);
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
