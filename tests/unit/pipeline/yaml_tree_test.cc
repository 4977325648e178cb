// YAML as people break it and as attackers build it: an answer with a place, never a crash, and
// never more memory or time than the bounds allow.
#include "pipeline/yaml_tree.h"

#include <chrono>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "pipeline/limits.h"
#include "tests/unit/pipeline/config_text.h"

namespace hecate {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

TEST(YamlTree, tells_quoted_scalars_from_plain_ones) {
  ProblemList problems;
  const auto root = parse_yaml("[1, '1', \"1\", ~, '~']", problems);
  ASSERT_TRUE(root.has_value());
  ASSERT_EQ(root->items.size(), 5u);
  EXPECT_TRUE(root->items[0].plain);
  EXPECT_FALSE(root->items[1].plain);
  EXPECT_FALSE(root->items[2].plain);
  EXPECT_EQ(root->items[3].kind, YamlNode::Kind::null);
  EXPECT_EQ(root->items[4].kind, YamlNode::Kind::scalar);
}

TEST(YamlTree, places_nodes_where_they_begin) {
  ProblemList problems;
  const auto root = parse_yaml("a:\r\n  - b\r\n  - 'c'\r\n", problems);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->items.at(0).at, (Position{1, 1}));
  EXPECT_EQ(root->items.at(1).items.at(0).at, (Position{2, 5}));
  EXPECT_EQ(root->items.at(1).items.at(1).at, (Position{3, 5}));
}

TEST(YamlTree, says_where_text_stops_being_yaml) {
  const auto starts_with = [](std::string_view yaml, std::string_view place) {
    EXPECT_TRUE(problems_of(yaml).starts_with(std::string(place) + ": this is not valid YAML: "))
        << problems_of(yaml);
  };
  starts_with("a: [1\nb: 2\n", "2:2");
  starts_with("a: b\n c: d\n", "2:3");
  starts_with("a: *nobody\n", "1:4");
  starts_with("a:\n\t- b\n", "2:2");
  starts_with("a: @x", "1:4");
}

TEST(YamlTree, refuses_several_documents) {
  EXPECT_EQ(problems_of("fields: {}\n---\nfields: {}\n"),
            "2:1: a second YAML document begins here; one file holds one\n");
  EXPECT_EQ(problems_of("---\nfields: {}\n...\n"), "");
}

TEST(YamlTree, refuses_control_characters_and_broken_utf8_where_they_stand) {
  EXPECT_EQ(problems_of(std::string("a: b\nc: \x04\nd: e\n")),
            "2:4: a control character; write it as an escape in double quotes\n");
  EXPECT_EQ(problems_of(std::string_view("a: \0", 4)),
            "1:4: a control character; write it as an escape in double quotes\n");
  EXPECT_EQ(problems_of("fields:\n  \xc3\xa9: '\xff'\n"),
            "2:7: not UTF-8; save the file as UTF-8\n");
  EXPECT_EQ(problems_of("\xef\xbb\xbf"
                        "fields: {a: b}\n"),
            "")
      << "a byte order mark is fine";
}

TEST(YamlTree, refuses_tags) {
  EXPECT_EQ(problems_of("fields: {a: !env HOME, b: !!str 1}\n"),
            "1:13: YAML tags (!name) have no meaning here\n");
}

TEST(YamlTree, bounds_what_aliases_multiply) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last +
              repeated(", " + last, 9) + "]\n";
  }
  EXPECT_NE(problems_of(laughs).find("the configuration is too large"), std::string::npos);
  const std::string long_text =
      "a: &a '" + std::string(1 << 20, 'x') + "'\nb: [" + repeated("*a, ", 100) + "]\n";
  EXPECT_NE(problems_of(long_text).find("the configuration is too large"), std::string::npos);
}

TEST(YamlTree, refuses_aliases_that_contain_themselves) {
  EXPECT_EQ(problems_of("fields: &f {a: *f}\n"),
            "1:16: an alias must not refer to a part that contains it\n");
  EXPECT_EQ(problems_of("fields:\n  <<: 3\n"), "2:7: '<<' merges a map or a list of maps\n");
}

TEST(YamlTree, bounds_the_size_of_the_file) {
  const std::string problems = problems_of(std::string(limits::config_bytes_max + 1, '#'));
  EXPECT_EQ(problems,
            "0:0: 8388609 bytes are too many for a configuration; at most 8388608 are "
            "read\n");
}

TEST(YamlTree, answers_deep_and_long_inputs_in_linear_time) {
  // Quadratic work would take minutes for these.
  const std::size_t size = 300'000;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string_view part :
       {"[",     "{",     "[[],",  "- ",    "? ",  ": ", "a: ",  "{a: ", "&a ",
        "!a ",   "[a,",   "- a\n", "a\n",   "\"",  "'",  "'a' ", "|\n ", "\n",
        " \n",   "%",     "#",     "a:\n ", "*a ", "]",  "}",    "[],",  "%YAML 1.2\n",
        "---\n", "...\n", "\r",    "<<: ",  "\t",  "a,"}) {
    for (const std::string_view before : {"", "fields: ", "fields: ["}) {
      (void)problems_of(std::string(before) + repeated(part, size / part.size()));
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(YamlTree, every_escape_gives_utf8) {
  const ConfigLoad loaded =
      load(R"(fields: {a: "x\_y", b: "\N", c: "\L\P", d: "\xe9\u20ac\U0001f600"})");
  const Fields wanted{{"a", "x\u00a0y"}, {"b", "\xc2\x85"}, {"c", "\u2028\u2029"}, {"d", "é€😀"}};
  EXPECT_EQ(format_problems("", loaded.problems), "");
  EXPECT_EQ(loaded.config.fields, wanted);
}

TEST(YamlTree, survives_random_changes_to_a_good_file) {
  const std::string good =
      "log_groups: {pattern: '^/a/(?P<b>.*)$', unmatched: keep}\n"
      "rules:\n  - &r\n    name: x\n    pattern: \"a\\tb\"\n    flags: [dotall]\n"
      "    set: {index: i, fields: {a: 1}, token: {env: T}}\n    action: {sample: 3}\n"
      "  - {<<: *r, name: y}\nhec:\n  endpoints: [https://a:1]\n  batch: {bytes: 1000}\n"
      "tests:\n  - name: t\n    input: {message: |\n      text\n      }\n";
  static const std::string characters = "[]{}:,-?&*!|>'\"%@#<\n\t 0a\\~";
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string text = good;
    for (std::uint64_t changes = 1 + random() % 6; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, random() % 20);
      else
        text[at] = characters[random() % characters.size()];
    }
    const ConfigLoad loaded = load(text);
    if (loaded.problems.empty()) {
      const ConfigLoad again = load(print_effective_config(loaded.config));
      ASSERT_EQ(format_problems("", again.problems), "") << text;
    }
  }
}

}  // namespace
}  // namespace hecate
