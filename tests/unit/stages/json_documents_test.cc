// Objects in a text: found however they are laid out, and found again behind damage.
#include "stages/json_documents.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/limits.h"
#include "tests/support/memory_reader.h"

namespace hecate {
namespace {

using testing::ElementsAre;

/// "2:{...}" for a sound object on line 2, "3!" for a broken piece on line 3.
std::vector<std::string> documents_in(const std::string& text, Pieces pieces = Pieces::whole()) {
  MemoryReader reader(text, std::move(pieces));
  JsonDocuments documents;
  documents.open(reader);
  std::vector<std::string> out;
  while (const std::optional<JsonDocument> document = documents.next()) {
    EXPECT_EQ(document->number, out.size() + 1);
    EXPECT_EQ(document->problem.empty(), !document->text.empty());
    out.push_back(document->problem.empty() ? fmt::format("{}:{}", document->line, document->text)
                                            : fmt::format("{}!", document->line));
  }
  EXPECT_EQ(documents.next(), std::nullopt) << "the end stays the end";
  EXPECT_EQ(documents.bytes_read(), text.size());
  return out;
}

TEST(JsonDocuments, finds_objects_a_line_each_and_back_to_back) {
  EXPECT_THAT(documents_in("{\"a\":1}\n{}\r\n\n \t{\"b\":{}}{\"c\":[]}"),
              ElementsAre("1:{\"a\":1}", "2:{}", "4:{\"b\":{}}", "4:{\"c\":[]}"));
  EXPECT_THAT(documents_in(""), ElementsAre());
  EXPECT_THAT(documents_in("\n \n"), ElementsAre());
}

TEST(JsonDocuments, finds_objects_over_several_lines) {
  EXPECT_THAT(documents_in("{\n  \"a\": [\n    {}\n  ]\n}\n{\"b\":2}"),
              ElementsAre("1:{\n  \"a\": [\n    {}\n  ]\n}", "6:{\"b\":2}"));
}

TEST(JsonDocuments, minds_brackets_and_quotes_only_outside_strings) {
  EXPECT_THAT(documents_in(R"({"a":"}{[\"\\"}{"b":"\\\"}"})"),
              ElementsAre(R"(1:{"a":"}{[\"\\"})", R"(1:{"b":"\\\"}"})"));
}

TEST(JsonDocuments, half_a_line_costs_only_itself) {
  const std::string whole = R"({"reason":"x","origin":{"uri":"/a"},"event":{"event":"y"}})";
  for (std::size_t kept = 1; kept < whole.size(); ++kept) {
    const std::string text = "{}\n" + whole.substr(0, kept) + "\n" + whole + "\n";
    EXPECT_THAT(documents_in(text), ElementsAre("1:{}", "2!", "3:" + whole)) << kept;
    EXPECT_THAT(documents_in(whole + "\n" + whole.substr(0, kept)), ElementsAre("1:" + whole, "2!"))
        << kept;
  }
}

TEST(JsonDocuments, what_is_no_object_costs_up_to_the_next_line_that_begins_with_one) {
  EXPECT_THAT(documents_in("garbage {}\nmore\n  {}\n{\"a\":1}\n[{}]\n{}"),
              ElementsAre("1!", "4:{\"a\":1}", "5!", "6:{}"));
  EXPECT_THAT(documents_in("{} , {}\n{}"), ElementsAre("1:{}", "1!", "2:{}"));
  EXPECT_THAT(documents_in("\x1f\x8b\x08"), ElementsAre("1!"));
  EXPECT_THAT(documents_in(std::string("\0\n{}", 4)), ElementsAre("1!", "2:{}"));
}

TEST(JsonDocuments, nesting_is_bounded) {
  const auto nested = [](std::size_t depth) {
    std::string text = "{\"a\":";
    text.append(depth - 1, '[').append(depth - 1, ']');
    return text + "}";
  };
  const auto most = static_cast<std::size_t>(limits::json_depth_max);
  EXPECT_THAT(documents_in(nested(most)), ElementsAre("1:" + nested(most)));
  EXPECT_THAT(documents_in(nested(most + 1) + "\n{}"), ElementsAre("1!", "2:{}"));
}

TEST(JsonDocuments, an_object_that_no_window_holds_is_broken_and_the_next_one_is_found) {
  const std::string large = "{\"a\":\"" + std::string(3 * limits::record_bytes_max, 'x') + "\"}";
  EXPECT_THAT(documents_in("{}\n" + large + "\n{\"b\":1}"),
              ElementsAre("1:{}", "2!", "3:{\"b\":1}"));
  EXPECT_THAT(documents_in(std::string(3 * limits::record_bytes_max, '{')), ElementsAre("1!"));
}

TEST(JsonDocuments, how_the_text_arrives_does_not_matter) {
  const std::uint64_t seed = test_seed(1);
  SCOPED_TRACE(fmt::format("HECATE_TEST_SEED={}", seed));
  SeededRandom random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (std::uint64_t left = random.below(200); left > 0; --left)
      text += std::string_view("{{{}}}[]\"\"\\\n\n\n :,ax")[random.below(20)];
    const std::vector<std::string> whole = documents_in(text);
    EXPECT_EQ(documents_in(text, Pieces::of(1)), whole) << text;
    EXPECT_EQ(documents_in(text, Pieces::random(random.below(1000), 9)), whole) << text;
  }
}

TEST(JsonDocuments, says_why_the_text_could_not_be_read_on) {
  MemoryReader reader("{}\n{\"a\"", Pieces::whole(), Error{Errc::bad_object, "cut off"});
  JsonDocuments documents;
  documents.open(reader);
  EXPECT_EQ(documents.next()->text, "{}");
  EXPECT_FALSE(documents.next()->problem.empty());
  EXPECT_EQ(documents.next(), std::nullopt);
  ASSERT_TRUE(documents.failure());
  EXPECT_EQ(documents.failure()->message, "cut off");
}

}  // namespace
}  // namespace hecate
