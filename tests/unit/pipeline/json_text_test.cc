// Writing JSON strings: every byte that needs an escape gets one, and nothing but UTF-8 comes out.
#include "pipeline/json_text.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace hecate {
namespace {

using namespace std::string_view_literals;

TEST(JsonText, leaves_plain_text_alone) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("plain text / 100%"), "\"plain text / 100%\"");
}

TEST(JsonText, escapes_quotes_backslashes_and_control_characters) {
  EXPECT_EQ(json_string("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_string("\n\r\t\b\f"), R"("\n\r\t\b\f")");
  EXPECT_EQ(json_string("\0\x01\x1f"sv), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(json_string("\x7f"), "\"\x7f\"");
}

TEST(JsonText, appends_to_what_is_there) {
  std::string out = "{";
  append_json_string(out, "key");
  out += ':';
  append_json_escaped(out, "a\nb");
  EXPECT_EQ(out, "{\"key\":a\\nb");
}

TEST(JsonText, passes_utf8_of_every_length_through) {
  constexpr std::string_view text = "\u00e9 \u20ac \U0001f600 \U0010ffff";
  EXPECT_EQ(json_string(text), '"' + std::string(text) + '"');
}

TEST(JsonText, replaces_each_maximal_broken_part_once) {
  constexpr std::string_view replaced = "\xef\xbf\xbd";
  const auto expect_replaced = [&](std::string_view bytes, int count) {
    std::string expected = "\"a";
    for (int i = 0; i < count; ++i) expected += replaced;
    EXPECT_EQ(json_string("a" + std::string(bytes) + "b"), expected + "b\"");
  };
  expect_replaced("\x80", 1);
  expect_replaced("\xc3", 1);
  expect_replaced("\xc0\xaf", 2);
  expect_replaced("\xed\xa0\x80", 3);
  expect_replaced("\xf4\x90\x80\x80", 4);
  expect_replaced("\xff\xfe", 2);
}

TEST(JsonText, survives_a_sequence_cut_at_the_end) {
  EXPECT_EQ(json_string("\xf0\x9f\x98"), "\"\xef\xbf\xbd\"");
}

TEST(JsonText, knows_the_length_of_valid_sequences_only) {
  EXPECT_EQ(utf8_sequence_length(""), 0u);
  EXPECT_EQ(utf8_sequence_length("a"), 1u);
  EXPECT_EQ(utf8_sequence_length("\x7f"), 1u);
  EXPECT_EQ(utf8_sequence_length("\xc2\x80"), 2u);
  EXPECT_EQ(utf8_sequence_length("\xe0\xa0\x80"), 3u);
  EXPECT_EQ(utf8_sequence_length("\xed\x9f\xbf"), 3u);
  EXPECT_EQ(utf8_sequence_length("\xf0\x90\x80\x80"), 4u);
  EXPECT_EQ(utf8_sequence_length("\xf4\x8f\xbf\xbf"), 4u);
  for (const std::string_view bad :
       {"\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xf0\x8f\xbf\xbf"sv,
        "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xc2"sv, "\xe2\x82"sv, "\xe2\x28\xa1"sv}) {
    EXPECT_EQ(utf8_sequence_length(bad), 0u);
  }
}

}  // namespace
}  // namespace hecate
