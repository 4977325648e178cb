// Patterns made cheap to search for: what is trimmed, what is said about the rest.
#include "stages/pattern.h"

#include <iostream>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/random_patterns.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

struct Case {
  std::string pattern;
  std::string text;   ///< to be scanned for
  std::string marks;  ///< f: filter only, l: spans lines, a: anchored
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.pattern;
}

std::string marks_of(const ScanPattern& scan) {
  std::string marks;
  if (scan.filter_only) marks += 'f';
  if (scan.spans_lines) marks += 'l';
  if (scan.anchored) marks += 'a';
  return marks;
}

class Trimmed : public testing::TestWithParam<Case> {};

TEST_P(Trimmed, is_what_must_be_there) {
  const Case& c = GetParam();
  const ScanPattern scan = make_scan_pattern(c.pattern, {});
  EXPECT_TRUE(scan.understood);
  EXPECT_FALSE(scan.always);
  EXPECT_EQ(scan.text, c.text);
  EXPECT_EQ(marks_of(scan), c.marks);
}

INSTANTIATE_TEST_SUITE_P(
    Ends, Trimmed,
    testing::Values(Case{"error", "error", ""}, Case{R"(user=\w+)", R"(user=\w)", ""},
                    Case{".*error.*", "error", ""}, Case{"(foo|bar)?baz", "baz", ""},
                    Case{"a{2,}b?", "a{2}", ""}, Case{"a{2,5}", "a{2}", ""}, Case{"a+?", "a", ""},
                    Case{"b?c", "c", ""}, Case{"(ab+)+", "(?:ab)", ""},
                    Case{"(a+|bc*)", "(?:a|b)", ""}, Case{"a*b|c+", "b|c", ""},
                    Case{"(ab+){2}", "(?:ab+){2}", ""}, Case{"x(?P<n>y+)", "x(?:y)", ""},
                    Case{"x(?<n>y+)z?", "x(?:y)", ""}, Case{"a+b+c+", "ab+c", ""},
                    Case{"[ab]*[cd]{1,3}", "[cd]", ""}, Case{"\xc3\xa9+", "\xc3\xa9", ""},
                    Case{R"(\x41+b)", R"(\x41b)", ""}, Case{R"(a\++)", R"(a\+)", ""},
                    Case{"[]a]+", "[]a]", ""}, Case{"[^]a]x", "[^]a]x", "l"},
                    Case{"[[:digit:]]+x", "[[:digit:]]x", ""}));

INSTANTIATE_TEST_SUITE_P(
    Boundaries, Trimmed,
    testing::Values(Case{R"(\bab\b)", R"(\bab\b)", ""}, Case{R"(\ba+\b)", R"(\ba)", "f"},
                    Case{R"(\b\d{16}\b)", R"(\b\d{16}\b)", ""},
                    Case{R"(\b\d{3,}-x)", R"(\d{3}-x)", "f"}, Case{R"(foo\w*\b)", "foo", "f"},
                    Case{R"(\b(a|b)+)", R"(\b(?:a|b))", ""}, Case{R"(\b\w+@)", R"(\w@)", "f"}));

INSTANTIATE_TEST_SUITE_P(Anchors, Trimmed,
                         testing::Values(Case{"^a", "^a", "a"}, Case{"a$", "a$", "a"},
                                         Case{R"(\Aa\z)", "^a$", "a"}, Case{R"(a+\Z)", "a$", "a"},
                                         Case{"^a|b", "^a|b", "a"}, Case{"^a*b", "^a*b", "a"},
                                         Case{"(?m)^a$", "^a$", ""},
                                         Case{R"((?m)\Aa)", "^a", "a"}));

INSTANTIATE_TEST_SUITE_P(
    Lines, Trimmed,
    testing::Values(Case{R"(a\sb)", R"(a\sb)", "l"}, Case{R"(a\Wb)", R"(a\Wb)", "l"},
                    Case{R"(a\Db)", R"(a\Db)", "l"}, Case{"a[^x]b", "a[^x]b", "l"},
                    Case{R"(a[^x\n]b)", R"(a[^x\n]b)", ""}, Case{R"(a\nb)", R"(a\nb)", "l"},
                    Case{R"(a\x0ab)", R"(a\x0ab)", "l"}, Case{R"(a\vb)", R"(a\vb)", "l"},
                    Case{R"(a[\v]b)", R"(a[\v]b)", "l"}, Case{"a.b", "a.b", ""},
                    Case{"(?s)a.b", "a.b", "l"}, Case{"a\nb", "a\nb", "l"},
                    Case{R"(a[[:space:]]b)", R"(a[[:space:]]b)", "l"},
                    Case{R"(a\tb)", R"(a\tb)", ""}, Case{R"(a\Sb)", R"(a\Sb)", ""},
                    Case{R"(a\s*)", "a", ""}, Case{R"((a|\s)b)", R"((?:a|\s)b)", "l"}));

TEST(ScanPattern, matches_everything_when_nothing_must_be_there) {
  for (const char* pattern :
       {"a*", "a?b*", "(a|b*)", "a|", "", "(a*)+", "x{0,3}", "a*|^b", "()", "a{0}"}) {
    const ScanPattern scan = make_scan_pattern(pattern, {});
    EXPECT_TRUE(scan.always && scan.understood) << pattern;
    EXPECT_EQ(scan.text, "") << pattern;
  }
}

TEST(ScanPattern, leaves_alone_what_it_does_not_understand) {
  for (const char* pattern :
       {"a(?=b)", "(?<=a)b",   "(?<!a)b", "(?!a)b",  R"((a)\1)", R"(a\Bb)",    R"(\Qa\E)",
        R"(\pL)", R"(\x{41})", R"(\x4)",  R"(\xg0)", "a++",      "a*+b",       "a**",
        "*a",     "+",         "(a",      "a)",      "[a",       "[a[:alpha:", "a\\",
        "a{,2}",  "a{2",       "a{x}",    "a{3,2}",  "{2}",      "^*",         "a(?i)b",
        "(?i:a)", "(?#c)a",    "(?",      "(?<",     "(?<a",     "(?P<",       "(?x)a b",
        "\x80",   "a\xff",     R"(\07)",  R"(\g1)",  "(*UTF8)a", R"(\h+)",     "a{100000}"}) {
    const ScanPattern scan = make_scan_pattern(pattern, {});
    EXPECT_FALSE(scan.understood) << pattern;
    EXPECT_EQ(scan.text, pattern);
    EXPECT_EQ(marks_of(scan), "") << pattern;
  }
}

TEST(ScanPattern, takes_as_written_what_can_match_without_a_byte_at_some_places) {
  for (const char* pattern : {"^", "$", "^$", R"(\b)", R"(\A)", "(^|x)", "(?:^|x)y*", "a|$",
                              R"(\ba*\b)", R"(\ba?)", "(a|(b|^))", R"(^\b)"}) {
    const ScanPattern scan = make_scan_pattern(pattern, {});
    EXPECT_FALSE(scan.understood) << pattern;
    EXPECT_EQ(scan.text, pattern);
    EXPECT_FALSE(scan.filter_only) << pattern;
  }
}

TEST(ScanPattern, reads_flags_at_the_beginning_only) {
  const ScanPattern scan = make_scan_pattern("(?i)(?ms)a.b", {});
  EXPECT_EQ(scan.text, "a.b");
  EXPECT_TRUE(scan.flags.caseless && scan.flags.multiline && scan.flags.dotall);
  const ScanPattern later = make_scan_pattern("a(?i)b", {.caseless = false, .dotall = true});
  EXPECT_FALSE(later.understood);
  EXPECT_FALSE(later.flags.caseless);
  EXPECT_TRUE(later.flags.dotall);
}

TEST(ScanPattern, keeps_the_flags_it_was_given) {
  const ScanPattern scan =
      make_scan_pattern("(?i)^a.b$", {.caseless = false, .dotall = true, .multiline = true});
  EXPECT_TRUE(scan.flags.caseless && scan.flags.multiline && scan.flags.dotall);
  EXPECT_EQ(marks_of(scan), "l");
}

TEST(ScanPattern, gives_up_on_deep_nesting) {
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) deep = "(" + deep + ")";
  EXPECT_FALSE(make_scan_pattern(deep, {}).understood);
  EXPECT_FALSE(make_scan_pattern(std::string(100'000, '('), {}).understood);
  EXPECT_TRUE(make_scan_pattern("((((a))))", {}).understood);
}

TEST(ScanPattern, survives_any_bytes) {
  const std::uint64_t seed = test_seed(7);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  using namespace std::string_view_literals;
  constexpr auto alphabet = "()[]{}?*+|^$\\.,-:=!<>#abPQEbBdDwWsSvxzZA019 \n\xc3\xa9\xff\x00"sv;
  for (int i = 0; i < 50'000; ++i) {
    std::string pattern;
    for (std::size_t size = random.below(16); size > 0; --size)
      pattern += alphabet[random.below(alphabet.size())];
    // An exact copy on the heap, so that a sanitizer sees every byte too far.
    const std::unique_ptr<char[]> exact(new char[pattern.size()]);
    pattern.copy(exact.get(), pattern.size());
    const ScanPattern scan = make_scan_pattern({exact.get(), pattern.size()}, {});
    ASSERT_TRUE(scan.understood || scan.text == pattern) << pattern;
    ASSERT_FALSE(scan.always && scan.filter_only) << pattern;
  }
}

TEST(ScanPattern, is_the_same_when_trimmed_twice) {
  const std::uint64_t seed = test_seed(11);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  RandomPatterns patterns(random);
  for (int i = 0; i < 5'000; ++i) {
    const std::string pattern = patterns.pattern().pattern;
    const ScanPattern once = make_scan_pattern(pattern, {});
    if (!once.understood || once.always || once.filter_only) continue;
    const ScanPattern twice = make_scan_pattern(once.text, once.flags);
    ASSERT_EQ(twice.text, once.text) << pattern;
    ASSERT_EQ(twice.spans_lines, once.spans_lines) << pattern;
  }
}

}  // namespace
}  // namespace hecate
