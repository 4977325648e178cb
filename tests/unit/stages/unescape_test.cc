// What was logged, from what is written in JSON: escapes, damage, blanks, size limits.
#include "stages/unescape.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/support/seeded_random.h"
#include "tests/support/test_batch.h"

namespace hecate {
namespace {

using namespace std::string_literals;

const std::string bad = "\xef\xbf\xbd";  // U+FFFD

struct Text {
  std::string bytes;
  bool damaged = false;
  bool operator==(const Text&) const = default;
};
void PrintTo(const Text& text, std::ostream* out) {
  *out << testing::PrintToString(text.bytes) << (text.damaged ? " (damaged)" : "");
}

/// Runs one of the two functions on a copy with no more than a stride of padding behind it, so that
/// a sanitizer sees every byte too far. What the padding holds must not matter.
Text run(Unescaped (*function)(std::string_view, char*), const std::string& raw) {
  constexpr std::size_t stride = 16;
  Text texts[2];
  for (const bool escapes_behind : {false, true}) {
    const std::unique_ptr<char[]> in(new char[raw.size() + stride - 1]);
    raw.copy(in.get(), raw.size());
    std::fill_n(in.get() + raw.size(), stride - 1, escapes_behind ? '\\' : 'x');
    const std::unique_ptr<char[]> out(
        new char[unescaped_bytes_max(raw.size()) + limits::padding_bytes]);
    const Unescaped result = function({in.get(), raw.size()}, out.get());
    EXPECT_LE(result.size, unescaped_bytes_max(raw.size()));
    texts[escapes_behind ? 1 : 0] = {std::string(out.get(), result.size), result.damaged};
  }
  EXPECT_EQ(texts[0], texts[1]);
  return texts[0];
}
Text unescaped(const std::string& raw) {
  return run(unescape_json, raw);
}
Text repaired(const std::string& raw) {
  return run(repair_utf8, raw);
}

TEST(UnescapeJson, resolves_every_escape) {
  EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t)"), (Text{"\"\\/\b\f\n\r\t"}));
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u00E9\u20ac\uFFFF\u0000x)"),
            (Text{"A\xc3\xa9\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\0x"s}));
  EXPECT_EQ(unescaped(R"(\u007f\u0080\u07ff\u0800)"), (Text{"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"}));
  EXPECT_EQ(unescaped(R"(\\n\\u0041)"), (Text{R"(\n\u0041)"}));
  EXPECT_EQ(unescaped(""), (Text{""}));
  EXPECT_EQ(unescaped("plain \xe2\x82\xac"), (Text{"plain \xe2\x82\xac"}));
}

TEST(UnescapeJson, joins_surrogate_pairs) {
  EXPECT_EQ(unescaped(R"(\ud83d\ude00)"), (Text{"\xf0\x9f\x98\x80"}));
  EXPECT_EQ(unescaped(R"(\uD800\uDC00\uDBFF\uDFFF)"), (Text{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"}));
}

TEST(UnescapeJson, replaces_each_surrogate_that_has_no_partner) {
  EXPECT_EQ(unescaped(R"(a\ud800b)"), (Text{"a" + bad + "b", true}));
  EXPECT_EQ(unescaped(R"(\udc00)"), (Text{bad, true}));
  EXPECT_EQ(unescaped(R"(\ude00\ud83d)"), (Text{bad + bad, true}));
  EXPECT_EQ(unescaped(R"(\ud800\ud83d\ude00)"), (Text{bad + "\xf0\x9f\x98\x80", true}));
  EXPECT_EQ(unescaped(R"(\ud800\n)"), (Text{bad + "\n", true}));
  EXPECT_EQ(unescaped(R"(\ud800\u0041)"), (Text{bad + "A", true}));
  EXPECT_EQ(unescaped(R"(\ud800\udc0)"), (Text{bad + bad + "udc0", true}));
  EXPECT_EQ(unescaped(R"(\ud800)"), (Text{bad, true}));
  EXPECT_EQ(unescaped(R"(\ud800\ue000\udbff\udbff)"),
            (Text{bad + "\xee\x80\x80" + bad + bad, true}));
}

TEST(UnescapeJson, replaces_the_backslash_of_a_bad_escape_and_keeps_the_rest) {
  EXPECT_EQ(unescaped(R"(a\xb)"), (Text{"a" + bad + "xb", true}));
  EXPECT_EQ(unescaped(R"(\u12)"), (Text{bad + "u12", true}));
  EXPECT_EQ(unescaped(R"(\u12g4)"), (Text{bad + "u12g4", true}));
  EXPECT_EQ(unescaped(R"(\u+041)"), (Text{bad + "u+041", true}));
  EXPECT_EQ(unescaped(R"(\N\")"), (Text{bad + "N\"", true}));
  EXPECT_EQ(unescaped("end\\"), (Text{"end" + bad, true}));
  EXPECT_EQ(unescaped("\\\n"), (Text{bad + "\n", true}));
}

// What Python's bytes.decode('utf-8', errors='replace') gives: each maximal part that could have
// begun a character becomes one U+FFFD.
TEST(RepairUtf8, replaces_maximal_parts_as_python_does) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"\x80", bad},
      {"\xff\xfe", bad + bad},
      {"a\xc3", "a" + bad},
      {"\xc3(", bad + "("},
      {"\xe2\x82", bad},
      {"\xe2\x82x", bad + "x"},
      {"\xe2(\xa1", bad + "(" + bad},
      {"\xf0\x9f\x98", bad},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xf0\x9fz", bad + "z"},
      {"\xc0\xaf", bad + bad},
      {"\xe0\x80\xaf", bad + bad + bad},
      {"\xf0\x80\x80\xaf", bad + bad + bad + bad},
      {"\xed\xa0\x80", bad + bad + bad},
      {"\xed\x9f\xbf", "\xed\x9f\xbf"},
      {"\xf4\x90\x80\x80", bad + bad + bad + bad},
      {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
      {"\xf8\x88\x80\x80\x80", bad + bad + bad + bad + bad},
      {"\xe2\x82\xe2\x82\xac", bad + "\xe2\x82\xac"},
      {"\xc3\xa9\xc3", "\xc3\xa9" + bad},
      {"\xf1\x80\x80\x41\xf1\x80\x41\xf1\x41", bad + "A" + bad + "A" + bad + "A"},
  };
  for (const auto& [raw, wanted] : table) {
    const bool damaged = raw != wanted;
    EXPECT_EQ(repaired(raw), (Text{wanted, damaged}));
    EXPECT_EQ(unescaped("\\t" + raw + "\\n"), (Text{"\t" + wanted + "\n", damaged}));
  }
}

TEST(UnescapeJson, agrees_with_a_json_parser_on_whatever_that_accepts) {
  const std::uint64_t seed = test_seed(1);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  const std::vector<std::string> pieces{"a",
                                        "\xc3\xa9",
                                        "\xf0\x9f\x98\x80",
                                        R"(\n)",
                                        R"(\")",
                                        R"(\\)",
                                        R"(\/)",
                                        R"(\u0041)",
                                        R"(\u20AC)",
                                        R"(\ud83d\ude00)",
                                        R"(\u0000)",
                                        R"(\t)",
                                        "plain text of some length, to copy",
                                        R"(\b\f\r)"};
  simdjson::dom::parser parser;
  for (int i = 0; i < 5'000; ++i) {
    std::string raw;
    for (std::size_t n = random.below(20); n > 0; --n) raw += pieces[random.below(pieces.size())];
    std::string_view parsed;
    ASSERT_EQ(parser.parse("\"" + raw + "\"").get(parsed), simdjson::SUCCESS) << raw;
    ASSERT_EQ(unescaped(raw), (Text{std::string(parsed)})) << raw;
  }
}

// Every piece with what it becomes, whatever stands around it; a letter keeps them apart.
TEST(UnescapeJson, repairs_any_mixture_piece_by_piece) {
  const std::uint64_t seed = test_seed(2);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  const std::vector<std::pair<std::string, Text>> pieces{{R"(\n)", {"\n"}},
                                                         {R"(\u00e9)", {"\xc3\xa9"}},
                                                         {"\xc3\xa9", {"\xc3\xa9"}},
                                                         {R"(\ud83d)", {bad, true}},
                                                         {R"(\ude00)", {bad, true}},
                                                         {R"(\q)", {bad + "q", true}},
                                                         {"\xe2\x82", {bad, true}},
                                                         {"\x80\x80", {bad + bad, true}},
                                                         {"\x01\n", {"\x01\n"}},
                                                         {"\\\xff", {bad + bad, true}},
                                                         {R"(\u0)", {bad + "u0", true}},
                                                         {R"(\\)", {"\\"}}};
  for (int i = 0; i < 5'000; ++i) {
    std::string raw;
    Text wanted;
    for (std::size_t n = random.below(12); n > 0; --n) {
      const auto& [written, becomes] = pieces[random.below(pieces.size())];
      raw += written + "z";
      wanted.bytes += becomes.bytes + "z";
      wanted.damaged |= becomes.damaged;
    }
    ASSERT_EQ(unescaped(raw), wanted) << testing::PrintToString(raw);
  }
}

class UnescapeStage : public testing::Test {
 protected:
  void process(std::uint64_t event_bytes_max = 1'000'000, TooLarge too_large = TooLarge::truncate,
               bool need_messages = true) {
    Unescape stage({.need_messages = need_messages,
                    .event_bytes_max = event_bytes_max,
                    .too_large = too_large});
    ASSERT_TRUE(stage.process(*batch_));
  }
  Event& event(std::size_t i) { return batch_->events[i]; }
  std::string message(std::size_t i) { return std::string(batch_->message(event(i))); }
  TestBatch batch_;
};

TEST_F(UnescapeStage, puts_messages_one_behind_another_with_a_newline_between) {
  batch_.add_json(R"(first)");
  batch_.add_json(R"(a \"b\")");
  batch_.add_plain(R"(c:\new)");
  process();
  EXPECT_EQ(batch_->messages.view(), "first\na \"b\"\nc:\\new\n");
  EXPECT_EQ(message(1), "a \"b\"");
  EXPECT_EQ(message(2), "c:\\new");
  for (const Event& e : batch_->events) EXPECT_FALSE(e.has(EventFlags::from_message));
}

TEST_F(UnescapeStage, flags_and_counts_what_it_repaired) {
  batch_.add_json(R"(\ud800)");
  batch_.add_json("sound \xc3\xa9");
  batch_.add_plain("\xff\\ud800");
  batch_.add_json("\x02");
  process();
  EXPECT_EQ(message(0), bad);
  EXPECT_EQ(message(2), bad + "\\ud800") << "a line knows no escapes";
  EXPECT_TRUE(event(0).has(EventFlags::repaired) && event(0).has(EventFlags::from_message));
  EXPECT_TRUE(event(2).has(EventFlags::repaired) && event(2).has(EventFlags::from_message));
  EXPECT_FALSE(event(1).has(EventFlags::repaired) || event(1).has(EventFlags::from_message));
  EXPECT_FALSE(event(3).has(EventFlags::repaired)) << "a control character is no damage";
  EXPECT_EQ(batch_->events_repaired, 2U);
}

TEST_F(UnescapeStage, filters_blank_events_and_counts_them) {
  for (const char* raw : {"", " ", R"(\n)", R"(\t \r\n)", "\t\v\f", R"(\u0020)"})
    batch_.add_json(raw);
  batch_.add_plain("  ");
  batch_.add_json(" x");
  batch_.add_json(R"(\u0000)");
  batch_.add_json(R"(\u00a0)");
  process();
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(event(i).fate, Fate::filtered) << i;
  for (std::size_t i = 7; i < 10; ++i) EXPECT_EQ(event(i).fate, Fate::keep) << i;
  EXPECT_EQ(batch_->events_blank, 7U);
  EXPECT_EQ(batch_->messages.view(), " x\n\0\n\xc2\xa0\n"s);
}

TEST_F(UnescapeStage, leaves_resumed_and_filtered_events_alone) {
  batch_.add_json(R"(\ud800)").fate = Fate::resumed;
  batch_.add_json(" ").fate = Fate::filtered;
  batch_.add_json(" ").fate = Fate::dead_letter;
  process();
  EXPECT_EQ(event(0).fate, Fate::resumed);
  EXPECT_EQ(event(2).fate, Fate::dead_letter);
  EXPECT_EQ(batch_->events_blank + batch_->events_repaired, 0U);
}

TEST_F(UnescapeStage, cuts_between_two_characters) {
  const std::string euros = "ab\xe2\x82\xac\xe2\x82\xac";
  const std::size_t sizes[] = {2, 2, 2, 5, 5, 5, 8};
  for (std::size_t limit = 2; limit <= 8; ++limit) {
    batch_->clear();
    batch_.add_json(euros);
    process(limit);
    EXPECT_EQ(message(0), euros.substr(0, sizes[limit - 2])) << limit;
    EXPECT_EQ(event(0).truncated, limit < 8) << limit;
    EXPECT_EQ(batch_->events_truncated, limit < 8 ? 1U : 0U);
    EXPECT_EQ(event(0).fate, Fate::keep);
  }
}

TEST_F(UnescapeStage, measures_the_message_and_not_how_it_is_written) {
  batch_.add_json(R"(\u0041\u0041\u0041)");
  batch_.add_json(R"(\u0041\u0041\u0041\u0041)");
  process(3);
  EXPECT_FALSE(event(0).truncated);
  EXPECT_TRUE(event(1).truncated && event(1).has(EventFlags::from_message));
  EXPECT_EQ(message(1), "AAA");
}

TEST_F(UnescapeStage, dead_letters_what_is_too_large_when_told_to) {
  batch_.add_json("12345");
  batch_.add_json("1234");
  batch_.add_plain("cut by the parser").truncated = true;
  process(4, TooLarge::dead_letter);
  EXPECT_EQ(event(0).fate, Fate::dead_letter);
  EXPECT_EQ(event(0).fault, Fault::too_large);
  EXPECT_EQ(event(1).fate, Fate::keep);
  EXPECT_EQ(event(2).fate, Fate::dead_letter);
}

TEST_F(UnescapeStage, never_sends_half_a_json_value) {
  batch_.add_value(R"({"a":12345})");
  process(4, TooLarge::truncate);
  EXPECT_EQ(event(0).fate, Fate::dead_letter);
  EXPECT_EQ(event(0).fault, Fault::too_large);
}

TEST_F(UnescapeStage, puts_a_json_value_on_one_line) {
  batch_.add_value("{\n\t\"a\": 1\r\n}");
  batch_.add_value(R"({"a":"\n"})");
  process();
  EXPECT_EQ(message(0), "{  \"a\": 1  }");
  EXPECT_TRUE(event(0).has(EventFlags::from_message));
  EXPECT_EQ(message(1), R"({"a":"\n"})") << "the escapes of a value are its own";
  EXPECT_FALSE(event(1).has(EventFlags::from_message));
}

TEST_F(UnescapeStage, puts_a_json_value_on_one_line_when_it_is_repaired_too) {
  batch_.add_value("{\n\"a\":\"\xff\"}");
  process();
  EXPECT_EQ(message(0), "{ \"a\":\"" + bad + "\"}");
}

TEST_F(UnescapeStage, keeps_messages_that_are_to_be_encoded_when_nobody_else_needs_them) {
  batch_.add_json("plain");
  batch_.add_json(R"(a \"b\")");
  batch_.add_json(R"(\ud800)");
  batch_.add_json("raw\nnewline");
  batch_.add_value("{\n}");
  batch_.add_json("too long by far");
  process(12, TooLarge::truncate, false);
  EXPECT_EQ(batch_->messages.view(), bad + "\nraw\nnewline\n{ }\ntoo long by \n");
  EXPECT_EQ(message(2), bad);
  EXPECT_EQ(message(3), "raw\nnewline");
  EXPECT_EQ(message(4), "{ }");
}

}  // namespace
}  // namespace hecate
