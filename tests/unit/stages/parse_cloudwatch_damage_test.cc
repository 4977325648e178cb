// Damaged CloudWatch text: every complete event comes out once, and the walk finds its way back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cloudwatch_text.h"
#include "tests/support/cpu_time.h"

namespace hecate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

ParseHow cloudwatch() {
  ParseHow how;
  how.format = Format::cloudwatch;
  return how;
}

// Three documents, the events in them, and where in the text each of those ends.
struct Sample {
  explicit Sample(std::string_view between) {
    for (std::uint64_t i = 0; i < 3; ++i) {
      std::vector<std::size_t> ends;
      documents.push_back(sample_document(i + 1, 3));
      begins.push_back(text.size());
      const std::string document = as_aws_writes(documents.back(), &ends);
      for (const std::size_t end : ends) event_ends.push_back(text.size() + end);
      text += document;
      document_ends.push_back(text.size());
      text += between;
    }
    events = expected_events(documents);
  }
  std::vector<CloudwatchDocument> documents;
  std::vector<ParsedEvent> events;
  std::string text;
  std::vector<std::size_t> begins, document_ends, event_ends;
};

void renumber(std::vector<ParsedEvent>& events) {
  for (std::size_t i = 0; i < events.size(); ++i) events[i].record = i;
}

TEST(ParseCloudwatchDamage, a_cut_at_every_byte_leaves_all_complete_events_and_a_problem) {
  for (const std::string_view between : {"", "\n"}) {
    const Sample sample(between);
    for (std::size_t cut = 0; cut <= sample.text.size(); ++cut) {
      SCOPED_TRACE("cut at " + std::to_string(cut));
      const ParsedObject got = parse_bytes(sample.text.substr(0, cut), cloudwatch());
      std::vector<ParsedEvent> wanted;
      for (std::size_t i = 0; i < sample.events.size(); ++i) {
        if (sample.event_ends[i] <= cut) wanted.push_back(sample.events[i]);
      }
      ASSERT_EQ(without_flags(got.events), wanted);
      bool sound = cut == 0;
      for (const std::size_t end : sample.document_ends)
        sound |= cut >= end && cut <= end + between.size();
      ASSERT_EQ(got.error.has_value(), !sound) << got.error_text();
      if (!sound) {
        ASSERT_EQ(got.error->code, Errc::bad_document);
        ASSERT_THAT(got.error->message, HasSubstr("cut off"));
      }
    }
  }
}

TEST(ParseCloudwatchDamage, a_cut_object_is_never_taken_for_a_log_of_text) {
  const Sample sample("");
  for (std::size_t cut = 1; cut < sample.text.size(); ++cut) {
    const ParsedObject got = parse_bytes(sample.text.substr(0, cut));
    std::vector<ParsedEvent> kept;
    for (const ParsedEvent& event : got.events) {
      if (event.fate == Fate::keep) kept.push_back(event);
    }
    ASSERT_LE(kept.size(), sample.events.size());
    for (std::size_t i = 0; i < kept.size(); ++i) ASSERT_EQ(kept[i].id, sample.events[i].id) << cut;
  }
}

// The end of the second document is missing, from `cut` on: what Firehose, a full disk or an
// impatient copy leaves behind.
TEST(ParseCloudwatchDamage, a_document_cut_anywhere_in_the_middle_costs_only_its_own_tail) {
  for (const std::string& between : std::initializer_list<std::string>{"", "\n", "\r\n  "}) {
    const Sample sample(between);
    for (std::size_t cut = sample.begins[1]; cut <= sample.document_ends[1]; ++cut) {
      SCOPED_TRACE("cut at " + std::to_string(cut - sample.begins[1]));
      const std::string text =
          sample.text.substr(0, cut) + between + sample.text.substr(sample.begins[2]);
      const ParsedObject got = parse_bytes(text, cloudwatch());
      std::vector<ParsedEvent> wanted;
      for (std::size_t i = 0; i < sample.events.size(); ++i) {
        if (sample.event_ends[i] <= cut || sample.event_ends[i] > sample.document_ends[1])
          wanted.push_back(sample.events[i]);
      }
      renumber(wanted);
      ASSERT_EQ(without_flags(got.events), wanted) << text;
      const bool sound = cut == sample.begins[1] || cut == sample.document_ends[1];
      ASSERT_EQ(got.error.has_value(), !sound) << got.error_text();
    }
  }
}

TEST(ParseCloudwatchDamage, the_first_problem_is_told_with_its_document_and_place) {
  const Sample sample("\n");
  std::string text = sample.text;
  text[sample.begins[1] + 1] = 'x';
  const ParsedObject got = parse_bytes(text, cloudwatch());
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_document);
  EXPECT_THAT(got.error->message, HasSubstr("document 2 is not valid JSON"));
  EXPECT_THAT(got.error->message, HasSubstr("text byte " + std::to_string(sample.begins[1])));
}

TEST(ParseCloudwatchDamage, any_changed_byte_of_a_document_leaves_its_neighbours_whole) {
  const std::uint64_t seed = test_seed(31);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (const std::string_view between : {"", "\n"}) {
    const Sample sample(between);
    for (std::size_t at = sample.begins[1]; at < sample.document_ends[1]; ++at) {
      for (const char byte : {'"', '\\', '{', '}', '[', ']', ',', ':', '\n', 'x', '0'}) {
        std::string text = sample.text;
        text[at] = byte;
        const ParsedObject got = parse_bytes(text, cloudwatch());
        std::vector<std::string> ids;
        for (const ParsedEvent& event : got.events) {
          if (event.log_stream != sample.documents[1].log_stream && event.fate == Fate::keep)
            ids.push_back(event.id);
        }
        std::vector<std::string> wanted;
        for (const std::size_t i : {0U, 1U, 2U, 6U, 7U, 8U}) wanted.push_back(sample.events[i].id);
        // A change to the second document's own log stream makes its events look foreign.
        if (got.events.size() == 9 && ids.size() > 6) continue;
        ASSERT_EQ(ids, wanted) << "byte " << at - sample.begins[1] << " = " << byte;
      }
    }
  }
}

TEST(ParseCloudwatchDamage, garbage_between_documents_is_a_problem_and_nothing_more) {
  const CloudwatchDocument a = sample_document(1, 2);
  const CloudwatchDocument b = sample_document(2, 2);
  for (const std::string& garbage : std::initializer_list<std::string>{
           "x", "}", "]}", "null", "\"", "{", "{}", "[", "{\"a\":1}", "\\", "\xff\xfe",
           "{\"messageType\"", "{\"messageType\":\"", "{\"messageType\":{",
           "{\"messageType\":[[[\"\n"}) {
    for (const std::string_view behind : {"", "\n", " "}) {
      const ParsedObject got = parse_bytes(
          as_aws_writes(a) + garbage + std::string(behind) + as_aws_writes(b), cloudwatch());
      EXPECT_EQ(without_flags(got.events), expected_events({a, b})) << garbage;
      ASSERT_TRUE(got.error) << garbage;
      EXPECT_EQ(got.error->code, Errc::bad_document);
    }
  }
}

TEST(ParseCloudwatchDamage, garbage_at_the_end_is_told) {
  for (const std::string& garbage :
       std::initializer_list<std::string>{"x", "{", "{\"a\":", "null", "{}"}) {
    const CloudwatchDocument a = sample_document(1, 2);
    const ParsedObject got = parse_bytes(as_aws_writes(a) + garbage, cloudwatch());
    EXPECT_EQ(without_flags(got.events), expected_events({a})) << garbage;
    EXPECT_TRUE(got.error) << garbage;
  }
}

TEST(ParseCloudwatchDamage, a_document_that_puts_its_events_first_yields_them_once_or_not_at_all) {
  const CloudwatchDocument a = sample_document(1, 2);
  const std::string events = as_aws_writes(a.events[0]) + "," + as_aws_writes(a.events[1]);
  const std::string text = "{\"logEvents\":[" + events +
                           "],\"logStream\":\"stream-1\",\"logGroup\":\"/aws/lambda/f\","
                           "\"owner\":\"123456789012\",\"messageType\":\"DATA_MESSAGE\"}";
  EXPECT_EQ(without_flags(parse_bytes(text, cloudwatch()).events), expected_events({a}));
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const ParsedObject got = parse_bytes(text.substr(0, cut) + "\n" + text, cloudwatch());
    ASSERT_EQ(without_flags(got.events), expected_events({a})) << cut;
    ASSERT_TRUE(got.error);
  }
}

TEST(ParseCloudwatchDamage, a_record_larger_than_the_window_is_a_problem_and_the_rest_goes_on) {
  const CloudwatchDocument small = sample_document(1, 2);
  CloudwatchDocument large = sample_document(2, 3);
  large.events[1].message = std::string(limits::record_bytes_max + limits::mib, 'x');
  const ParsedObject got =
      parse_bytes(as_aws_writes(small) + as_aws_writes(large) + as_aws_writes(small), cloudwatch());
  large.events.resize(1);
  EXPECT_EQ(without_flags(got.events), expected_events({small, large, small}));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_document);
  EXPECT_THAT(got.error->message, HasSubstr("document 2 holds a record that is too large"));
}

TEST(ParseCloudwatchDamage, records_almost_as_large_as_the_window_are_read) {
  CloudwatchDocument document = sample_document(1, 3);
  document.events[1].message = std::string(limits::record_bytes_max - 1000, 'x');
  const std::string text = as_aws_writes(document);
  for (const std::string& written : {text, FreeWriter(5).write(document)}) {
    const ParsedObject got = parse_bytes(written, cloudwatch());
    EXPECT_TRUE(without_flags(got.events) == expected_events({document}));
    EXPECT_FALSE(got.error) << got.error_text();
  }
}

TEST(ParseCloudwatchDamage, brackets_without_end_cost_linear_time) {
  const CloudwatchDocument after = sample_document(3, 2);
  std::string arrays(100'000, '[');
  std::string objects;
  std::string documents;
  std::string lines;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"a\":";
    documents += "{\"messageType\":[";
    lines += "\n{\"a\":[";
  }
  const std::string inside = document_head({}) + "{\"id\":\"1\",\"message\":";
  const CpuTime time;
  for (const std::string& deep :
       {arrays, objects, document_head({}) + arrays, inside + arrays, inside + objects,
        document_head({}) + "]," + arrays, documents, lines, document_head({}) + lines}) {
    const ParsedObject got = parse_bytes(deep + "\n" + as_aws_writes(after), cloudwatch());
    EXPECT_EQ(without_flags(got.events), expected_events({after})) << deep.substr(0, 40);
    EXPECT_TRUE(got.error);
  }
  EXPECT_LT(time.seconds(), 10.0);
}

TEST(ParseCloudwatchDamage, nesting_up_to_the_bound_is_skipped) {
  std::string deep;
  for (int i = 0; i < 31; ++i) deep += "[{\"a\":";
  deep += "1";
  for (int i = 0; i < 31; ++i) deep += "}]";
  const ParsedObject got =
      parse_bytes(document_head({}) + "{\"x\":" + deep + ",\"message\":\"m\"}],\"y\":" + deep + "}",
                  cloudwatch());
  EXPECT_THAT(got.raws(), ElementsAre("m"));
  EXPECT_FALSE(got.error) << got.error_text();
}

TEST(ParseCloudwatchDamage, nesting_beyond_the_bound_is_a_problem) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  const CloudwatchDocument after = sample_document(1, 1);
  for (const std::string& damaged :
       {document_head({}) + "{\"message\":\"m\"}],\"y\":" + deep + "}",
        document_head({}) + "{\"message\":\"m\"},{\"message\":" + deep + "}]}"}) {
    const ParsedObject got = parse_bytes(damaged + as_aws_writes(after), cloudwatch());
    EXPECT_THAT(got.raws(), ElementsAre("m", after.events[0].message));
    EXPECT_TRUE(got.error);
  }
}

TEST(ParseCloudwatchDamage, a_broken_member_gives_its_complete_events_and_the_compression_problem) {
  const Sample sample("");
  ParseLogs source{ParseLogs::Options{}};
  MemoryReader object(sample.text.substr(0, sample.event_ends[4] + 10), Pieces::of(1000),
                      Error{Errc::bad_object, "gzip data is cut off"});
  const ParsedObject got = parse_object(source, object, {});
  EXPECT_THAT(got.events, SizeIs(5));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->message, "gzip data is cut off");
}

}  // namespace
}  // namespace hecate
