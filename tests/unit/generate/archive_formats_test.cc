// Tests of the format writers: every archive, read back by independent means, holds exactly the
// ground truth that was written beside it.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "generate/generate.h"
#include "pipeline/json_text.h"
#include "tests/unit/generate/archive_reading.h"

namespace hecate::generate {
namespace {

using namespace std::string_literals;
using testing::lines_of;
using testing::read_cloudwatch;
using testing::read_expected;
using testing::read_tree;
using testing::ReadEvent;
using testing::TemporaryFolder;
using testing::text_of;
using testing::unpack;

struct Generated {
  std::vector<std::string> names;  // in the order of the ground truth
  std::map<std::string, std::string> texts;
  std::vector<ReadEvent> expected;
};

Generated generate(GenerateOptions options) {
  const TemporaryFolder folder;
  options.out = folder.path() / "out";
  options.expected = folder.path() / "expected.ndjson";
  const Result<GenerateSummary> summary = generate_archives(options);
  EXPECT_TRUE(summary) << summary.error().message;
  Generated made;
  made.expected = read_expected(options.expected);
  for (const ReadEvent& event : made.expected) {
    if (made.names.empty() || made.names.back() != event.object) made.names.push_back(event.object);
  }
  for (const auto& [path, bytes] : read_tree(options.out)) made.texts[path] = unpack(bytes);
  return made;
}

std::vector<ReadEvent> all_cloudwatch(const Generated& made) {
  std::vector<ReadEvent> events;
  for (const std::string& name : made.names) {
    const auto content = read_cloudwatch(made.texts.at(name), name);
    events.insert(events.end(), content.events.begin(), content.events.end());
  }
  return events;
}

TEST(CloudwatchArchive, holds_the_expected_events_with_rising_ids) {
  const Generated made =
      generate({.format = ArchiveFormat::cloudwatch, .events = 20'000, .objects = 4});
  EXPECT_EQ(all_cloudwatch(made), made.expected);
  std::string last;
  std::set<std::string> groups;
  for (const ReadEvent& event : made.expected) {
    ASSERT_EQ(event.id.size(), 56U);
    ASSERT_GT(event.id, last);
    last = event.id;
    groups.insert(event.log_group);
  }
  EXPECT_GT(groups.size(), 8U);
}

TEST(CloudwatchArchive, begins_like_the_documents_of_aws_and_is_named_like_them) {
  const Generated made =
      generate({.format = ArchiveFormat::cloudwatch, .events = 10, .span_ms = 1000});
  const std::string& text = made.texts.at(made.names.at(0));
  EXPECT_TRUE(
      text.starts_with(R"({"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":")"))
      << text;
  EXPECT_NE(text.find(R"("subscriptionFilters":["hecate"],"logEvents":[{"id":")"),
            std::string::npos);
  EXPECT_TRUE(made.names[0].starts_with("2024/01/31/00/stream-1-2024-01-31-00-")) << made.names[0];
  EXPECT_TRUE(made.names[0].ends_with(".gz"));
}

TEST(CloudwatchArchive, has_a_member_per_document_unless_told_otherwise) {
  const TemporaryFolder folder;
  ASSERT_TRUE(generate_archives(
      {.out = folder.path(), .format = ArchiveFormat::cloudwatch, .events = 8000, .objects = 1}));
  const auto tree = read_tree(folder.path());
  const testing::Inflated inflated = testing::gunzip(tree.begin()->second);
  EXPECT_EQ(inflated.members, read_cloudwatch(inflated.text, "").documents);
  EXPECT_GT(inflated.members, 6);
}

TEST(CloudwatchArchive, makes_every_nth_document_a_control_message) {
  const Generated made = generate(
      {.format = ArchiveFormat::cloudwatch, .events = 20'000, .objects = 1, .control_every = 3});
  const auto content = read_cloudwatch(made.texts.at(made.names.at(0)), made.names[0]);
  EXPECT_EQ(content.controls, content.documents / 3);
  EXPECT_GT(content.controls, 4);
  EXPECT_EQ(content.events, made.expected);
  EXPECT_EQ(content.events.size(), 20'000U);
}

TEST(CloudwatchArchive, separates_documents_only_when_asked) {
  for (const bool newline : {false, true}) {
    const Generated made = generate({.format = ArchiveFormat::cloudwatch,
                                     .events = 5000,
                                     .objects = 1,
                                     .newline_between_documents = newline});
    const std::string& text = made.texts.at(made.names.at(0));
    const auto documents = read_cloudwatch(text, "").documents;
    EXPECT_EQ(lines_of(text).size(), newline ? static_cast<std::size_t>(documents) : 1U);
    EXPECT_GT(documents, 3);
  }
}

/// Lines with everything that JSON, line formats and UTF-8 decoders trip over.
const std::string odd_lines =
    "plain\r\n"
    "quote \" backslash \\ tab \t bell \a del \x7f end\n"
    "nul \0 inside\n"
    "broken \xff\xfe \xe6\xbc utf-8 \xed\xa0\x80\n"
    "{\"a\":\"b\\\"c\\u0000\"}\n"
    "2024-01-31T23:59:59.123Z looks like an export line\n"
    "\\\\\\\"\n"
    "é 漢字 😀 \xe2\x80\xa8 end\n"
    " leading and trailing \n"
    "carriage \r return\n"
    "last"s;

std::vector<std::string> odd_messages() {
  std::vector<std::string> messages = lines_of(odd_lines);
  messages[0] = "plain";
  return messages;
}

std::string repaired(const std::string& message) {
  std::string out;
  append_valid_utf8(out, message);
  return out;
}

Generated generate_from_odd_lines(ArchiveFormat format) {
  const TemporaryFolder folder;
  testing::write_file(folder.path() / "odd", odd_lines);
  return generate({.format = format, .events = 25, .objects = 2, .lines = {folder.path() / "odd"}});
}

TEST(CloudwatchArchive, carries_any_line_unharmed) {
  const Generated made = generate_from_odd_lines(ArchiveFormat::cloudwatch);
  const std::vector<std::string> messages = odd_messages();
  const std::vector<ReadEvent> events = all_cloudwatch(made);
  EXPECT_EQ(events, made.expected);
  ASSERT_EQ(events.size(), 25U);
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(events[i].message, repaired(messages[i % messages.size()]));
}

/// Cuts an export as its readers must: a line without a time continues the event before.
std::vector<ReadEvent> read_export(const std::string& text, const std::string& object) {
  std::vector<ReadEvent> events;
  for (const std::string& line : lines_of(text)) {
    const bool begins = line.size() > 24 && line.compare(0, 2, "20") == 0 && line[4] == '-' &&
                        line[10] == 'T' && line[19] == '.' && line[23] == 'Z' && line[24] == ' ';
    if (!begins) {
      EXPECT_FALSE(events.empty());
      events.back().message += "\n" + line;
      continue;
    }
    std::tm parts{};
    EXPECT_NE(::strptime(line.c_str(), "%Y-%m-%dT%H:%M:%S", &parts), nullptr);
    const std::int64_t ms = ::timegm(&parts) * 1000 + std::stoi(line.substr(20, 3));
    events.push_back({line.substr(25), ms, "", "", "", object, events.size()});
  }
  return events;
}

void expect_export_holds_the_truth(Generated made) {
  std::vector<ReadEvent> events;
  for (const std::string& name : made.names) {
    const auto read = read_export(made.texts.at(name), name);
    events.insert(events.end(), read.begin(), read.end());
  }
  for (ReadEvent& event : made.expected) {
    EXPECT_NE(event.object.find("/" + event.log_stream + "/00000"), std::string::npos);
    event.log_group.clear();
    event.log_stream.clear();
  }
  EXPECT_EQ(events, made.expected);
}

TEST(ExportArchive, holds_the_expected_events_also_those_of_many_lines) {
  const Generated made =
      generate({.format = ArchiveFormat::cloudwatch_export, .events = 20'000, .objects = 20});
  std::size_t multi_line = 0;
  for (const ReadEvent& event : made.expected)
    multi_line += event.message.find('\n') != std::string::npos ? 1 : 0;
  EXPECT_GT(multi_line, 100U);
  EXPECT_EQ(made.texts.at("exportedlogs/aws-logs-write-test"), "Permission Check Successful");
  EXPECT_EQ(made.texts.size(), 21U);
  expect_export_holds_the_truth(made);
}

TEST(ExportArchive, carries_any_line_unharmed) {
  const Generated made = generate_from_odd_lines(ArchiveFormat::cloudwatch_export);
  ASSERT_EQ(made.expected.size(), 25U);
  EXPECT_EQ(made.expected[3].message, repaired(odd_messages()[3]));
  expect_export_holds_the_truth(made);
}

/// Finds the records of a CloudTrail object by parsing, and compares their raw JSON.
void expect_cloudtrail_holds_the_truth(const Generated& made) {
  std::size_t at = 0;
  simdjson::ondemand::parser parser;
  for (const std::string& name : made.names) {
    const simdjson::padded_string text(made.texts.at(name));
    simdjson::ondemand::document document;
    ASSERT_EQ(parser.iterate(text).get(document), simdjson::SUCCESS);
    for (simdjson::ondemand::object record : document["Records"].get_array()) {
      ASSERT_LT(at, made.expected.size());
      const ReadEvent& expected = made.expected[at++];
      std::string_view raw;
      ASSERT_EQ(record.raw_json().get(raw), simdjson::SUCCESS);
      EXPECT_EQ(raw, expected.message);
      EXPECT_EQ(name, expected.object);
    }
  }
  EXPECT_EQ(at, made.expected.size());
  simdjson::dom::parser reader;
  for (const ReadEvent& event : made.expected) {
    simdjson::dom::element record;
    ASSERT_EQ(reader.parse(event.message).get(record), simdjson::SUCCESS) << event.message;
    EXPECT_EQ(text_of(record["eventID"]), event.id);
    std::tm parts{};
    EXPECT_NE(::strptime(text_of(record["eventTime"]).c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts),
              nullptr);
    EXPECT_EQ(::timegm(&parts) * 1000, event.timestamp_ms);
  }
}

TEST(CloudtrailArchive, holds_the_expected_records) {
  const Generated made =
      generate({.format = ArchiveFormat::cloudtrail, .events = 3000, .objects = 3});
  expect_cloudtrail_holds_the_truth(made);
  EXPECT_TRUE(made.names[0].starts_with(
      "AWSLogs/123456789012/CloudTrail/eu-west-1/2024/01/31/123456789012_CloudTrail_eu-west-1_"
      "20240131T00"))
      << made.names[0];
}

TEST(CloudtrailArchive, carries_any_line_unharmed) {
  const Generated made = generate_from_odd_lines(ArchiveFormat::cloudtrail);
  expect_cloudtrail_holds_the_truth(made);
  simdjson::dom::parser reader;
  const std::vector<std::string> messages = odd_messages();
  for (std::size_t i = 0; i < made.expected.size(); ++i) {
    simdjson::dom::element record;
    ASSERT_EQ(reader.parse(made.expected[i].message).get(record), simdjson::SUCCESS);
    EXPECT_EQ(text_of(record["requestParameters"]["line"]),
              repaired(messages[i % messages.size()]));
  }
}

/// Compares lines with the truth; times are the test's to check.
void expect_lines_hold_the_truth(const Generated& made) {
  std::vector<std::string> messages;
  for (const std::string& name : made.names) {
    for (std::string& line : lines_of(made.texts.at(name))) messages.push_back(std::move(line));
  }
  ASSERT_EQ(messages.size(), made.expected.size());
  for (std::size_t i = 0; i < messages.size(); ++i)
    ASSERT_EQ(repaired(messages[i]), made.expected[i].message);
}

TEST(JsonLinesArchive, holds_an_object_per_line_with_its_time_under_varying_keys) {
  const Generated made =
      generate({.format = ArchiveFormat::json_lines, .events = 3000, .objects = 3});
  expect_lines_hold_the_truth(made);
  std::map<std::string, int> forms;
  simdjson::dom::parser reader;
  for (const ReadEvent& event : made.expected) {
    simdjson::dom::element line;
    ASSERT_EQ(reader.parse(event.message).get(line), simdjson::SUCCESS) << event.message;
    for (const std::string key : {"timestamp", "time", "@timestamp"}) {
      std::int64_t number = 0;
      std::string_view text;
      if (line[key].get(text) == simdjson::SUCCESS) {
        ++forms[key + " text " + std::to_string(text.size())];
      } else if (line[key].get(number) == simdjson::SUCCESS) {
        const bool seconds = number < 100'000'000'000;
        EXPECT_EQ(seconds ? number * 1000 : number, event.timestamp_ms);
        ++forms[key + (seconds ? " s" : " ms")];
      }
    }
  }
  EXPECT_EQ(forms.size(), 12U);
}

TEST(JsonLinesArchive, carries_any_line_unharmed) {
  const Generated made = generate_from_odd_lines(ArchiveFormat::json_lines);
  expect_lines_hold_the_truth(made);
  simdjson::dom::parser reader;
  const std::vector<std::string> messages = odd_messages();
  for (std::size_t i = 0; i < made.expected.size(); ++i) {
    simdjson::dom::element line;
    ASSERT_EQ(reader.parse(made.expected[i].message).get(line), simdjson::SUCCESS);
    EXPECT_EQ(text_of(line["message"]), repaired(messages[i % messages.size()]));
  }
}

TEST(TextArchive, holds_one_event_per_line) {
  const Generated made = generate({.format = ArchiveFormat::text, .events = 5000, .objects = 9});
  expect_lines_hold_the_truth(made);
  for (const ReadEvent& event : made.expected) {
    EXPECT_EQ(event.message.find('\n'), std::string::npos);
    EXPECT_NE(event.message.front(), '{');
  }
}

TEST(TextArchive, keeps_the_bytes_of_lines) {
  const Generated made = generate_from_odd_lines(ArchiveFormat::text);
  expect_lines_hold_the_truth(made);
  EXPECT_NE(made.texts.at(made.names[0]).find("broken \xff\xfe \xe6\xbc utf-8"), std::string::npos);
}

}  // namespace
}  // namespace hecate::generate
