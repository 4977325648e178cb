// cloudwatch_text: CloudWatch documents as AWS writes them, and in any other form JSON allows.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/parsed_object.h"
#include "tests/support/seeded_random.h"

namespace hecate {

struct CloudwatchEvent {
  std::string id;  ///< the digits
  std::int64_t time_ms = 0;
  std::string message;  ///< as written in JSON, without the quotes
};

struct CloudwatchDocument {
  std::string owner = "123456789012";
  std::string log_group = "/aws/lambda/f";
  std::string log_stream = "stream";
  std::vector<CloudwatchEvent> events;
};

/// An id as CloudWatch makes them: 56 digits.
inline std::string cloudwatch_id(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return "3195310660696698" + std::string(40 - digits.size(), '0') + digits;
}

inline std::string as_json_text(std::string_view text) {
  return '"' + std::string(text) + '"';
}

inline std::string as_aws_writes(const CloudwatchEvent& event) {
  return "{\"id\":" + as_json_text(event.id) + ",\"timestamp\":" + std::to_string(event.time_ms) +
         ",\"message\":" + as_json_text(event.message) + "}";
}

/// Up to and with the '[' of logEvents.
inline std::string document_head(const CloudwatchDocument& document,
                                 std::string_view type = "DATA_MESSAGE") {
  return "{\"messageType\":" + as_json_text(type) + ",\"owner\":" + as_json_text(document.owner) +
         ",\"logGroup\":" + as_json_text(document.log_group) +
         ",\"logStream\":" + as_json_text(document.log_stream) +
         ",\"subscriptionFilters\":[\"filter\"],\"logEvents\":[";
}

/// `ends`, when given, receives the offset behind each event.
inline std::string as_aws_writes(const CloudwatchDocument& document,
                                 std::vector<std::size_t>* ends = nullptr) {
  std::string out = document_head(document);
  for (const CloudwatchEvent& event : document.events) {
    if (out.back() == '}') out += ',';
    out += as_aws_writes(event);
    if (ends != nullptr) ends->push_back(out.size());
  }
  return out + "]}";
}

/// A document with `count` events; `number` makes everything in it different from other documents.
inline CloudwatchDocument sample_document(std::uint64_t number, std::size_t count) {
  CloudwatchDocument document;
  document.log_stream = "stream-" + std::to_string(number);
  static const char* const messages[] = {"START RequestId: 8c2d",
                                         "tab\\tand \\\"quotes\\\" and back\\\\slash",
                                         "",
                                         "gr\xc3\xbc\xc3\x9f",
                                         "{\\\"level\\\":\\\"info\\\"}",
                                         "ends in backslashes \\\\\\\\",
                                         "unicode \\u00e9 \\ud83d\\ude00"};
  for (std::size_t i = 0; i < count; ++i) {
    document.events.push_back({cloudwatch_id(number * 1000 + i),
                               1440442987000 + static_cast<std::int64_t>(number * 1000 + i),
                               messages[(number + i) % std::size(messages)]});
  }
  return document;
}

/// The events that documents stand for: what the parser must make of them, less the flags.
inline std::vector<ParsedEvent> expected_events(const std::vector<CloudwatchDocument>& documents) {
  std::vector<ParsedEvent> out;
  for (const CloudwatchDocument& document : documents) {
    for (const CloudwatchEvent& event : document.events) {
      ParsedEvent expected;
      expected.raw = event.message;
      expected.id = event.id;
      expected.time_ms = event.time_ms;
      expected.owner = document.owner;
      expected.log_group = document.log_group;
      expected.log_stream = document.log_stream;
      expected.record = out.size();
      out.push_back(expected);
    }
  }
  return out;
}

inline std::vector<ParsedEvent> without_flags(std::vector<ParsedEvent> events) {
  for (ParsedEvent& event : events) event.flags = 0;
  return events;
}

/// Writes documents with white space, key order, doubled and unknown keys chosen at random.
class FreeWriter {
 public:
  explicit FreeWriter(std::uint64_t seed) : random_(seed) {}

  std::string write(const CloudwatchDocument& document) {
    std::vector<std::string> members = {
        member("messageType", as_json_text("DATA_MESSAGE")),
        member("owner", as_json_text(document.owner)),
        member("logGroup", as_json_text(document.log_group)),
        member("logStream", as_json_text(document.log_stream)),
        member("subscriptionFilters", "[" + space() + "\"f]\\\"}\"" + space() + "]")};
    std::string events = "[" + space();
    for (const CloudwatchEvent& event : document.events) {
      if (&event != document.events.data()) events += space() + "," + space();
      events += write(event);
    }
    members.push_back(member("logEvents", events + space() + "]"));
    return object(std::move(members));
  }

  std::string space() {
    std::string out;
    for (std::uint64_t i = random_.below(8) / 4 * random_.below(4); i > 0; --i)
      out += " \t\n\r"[random_.below(4)];
    return out;
  }

 private:
  std::string write(const CloudwatchEvent& event) {
    if (random_.below(3) == 0) return as_aws_writes(event);
    const std::string time = std::to_string(event.time_ms);
    return object({member("id", as_json_text(event.id)),
                   member("timestamp", random_.below(4) == 0 ? as_json_text(time) : time),
                   member("message", as_json_text(event.message))});
  }
  std::string member(std::string_view key, const std::string& value) {
    return as_json_text(key) + space() + ":" + space() + value;
  }
  std::string object(std::vector<std::string> members) {
    static const char* const unknown[] = {"\"policyLevel\":\"ACCOUNT_LEVEL_POLICY\"",
                                          "\"extractedFields\":{\"a\":\"{[\\\"\",\"b\":[[]]}",
                                          "\"n\":-1.5e3",
                                          "\"t\":true",
                                          "\"z\":null",
                                          "\"\":{}"};
    for (std::uint64_t i = random_.below(3); i > 0; --i)
      members.push_back(unknown[random_.below(6)]);
    for (std::size_t i = members.size(); i > 1 && random_.below(4) != 0; --i)
      std::swap(members[i - 1], members[random_.below(i)]);
    std::string out = "{" + space();
    for (const std::string& text : members) {
      if (&text != members.data()) out += "," + space();
      out += text + space();
    }
    return out + "}";
  }

  SeededRandom random_;
};

}  // namespace hecate
