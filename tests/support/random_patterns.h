// random_patterns: patterns from a small grammar, and messages that nearly match them.
//
// Every production also writes a text that it matches, so that messages made of these texts, cut,
// joined and disturbed, hit the patterns often and at their edges.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/seeded_random.h"

namespace hecate {

/// A pattern and a text that it matches, unless an anchor in it forbids.
struct PatternSample {
  std::string pattern;
  std::string text;
};

class RandomPatterns {
 public:
  explicit RandomPatterns(SeededRandom& random) : random_(random) {}

  PatternSample pattern() {
    if (one_in(5)) return class_sequence();
    PatternSample made;
    non_ascii_ = one_in(6);
    if (one_in(8))
      made.pattern += pick<std::string_view>({"(?i)", "(?s)", "(?m)", "(?im)", "(?s)(?i)"});
    if (one_in(6)) made.pattern += pick<std::string_view>({"^", "\\A", "\\b"});
    branches(made, 0);
    if (one_in(6)) made.pattern += pick<std::string_view>({"$", "\\z", "\\Z", "\\b"});
    return made;
  }

  /// `sample` with a few characters changed, doubled, dropped or put around it.
  std::string disturbed(std::string sample) {
    for (std::uint64_t changes = random_.below(4); changes > 0; --changes) {
      const std::size_t at = border_before(sample, random_.below(sample.size() + 1));
      switch (random_.below(3)) {
        case 0:
          sample.insert(at, character());
          break;
        case 1:
          sample.insert(at, sample);
          break;
        default:
          drop_character(sample, at);
      }
      if (sample.size() > 200) break;
    }
    return sample;
  }
  std::string text(std::size_t characters_max) {
    std::string made;
    for (std::size_t i = random_.below(characters_max + 1); i > 0; --i) made += character();
    return made;
  }
  std::string character() {
    return std::string(pick<std::string_view>(
        {"a",  "b",  "c",  "A",  "B", "x", "1", "2", " ",        " ",        "\n",
         "\n", "\t", "\"", "\\", "-", ".", "_", "@", "\xc3\xa9", "\xc3\x89", "\xe2\x82\xac"}));
  }

 private:
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  template <typename T, std::size_t n>
  T pick(const T (&choices)[n]) {
    return choices[random_.below(n)];
  }
  static bool is_inside(const std::string& text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  }
  static std::size_t border_before(const std::string& text, std::size_t at) {
    while (is_inside(text, at)) --at;
    return at;
  }
  static void drop_character(std::string& text, std::size_t at) {
    std::size_t end = at + 1;
    while (is_inside(text, end)) ++end;
    if (at < text.size()) text.erase(at, end - at);
  }

  /// Patterns without a word in them, as of numbers and addresses.
  PatternSample class_sequence() {
    PatternSample made;
    if (one_in(3)) made.pattern += "\\b";
    for (std::size_t atoms = 2 + random_.below(6); atoms > 0; --atoms) {
      const PatternSample one = pick<PatternSample>({{"\\d", "1"},
                                                     {"\\d", "2"},
                                                     {"[12]", "2"},
                                                     {"[ -]", "-"},
                                                     {"\\.", "."},
                                                     {"\\w", "a"},
                                                     {"[\\d.]", "1"},
                                                     {"[^\\n1]", " "},
                                                     {".", "\xc3\xa9"},
                                                     {"@", "@"},
                                                     {"\\S", "_"}});
      const std::size_t min = random_.below(4);
      const std::size_t max = min + (one_in(2) ? 0 : random_.below(4));
      made.pattern += one.pattern;
      if (min != 1 || max != 1) {
        made.pattern += "{" + std::to_string(min);
        if (one_in(6)) {
          made.pattern += ',';
        } else if (max != min) {
          made.pattern += "," + std::to_string(max);
        }
        made.pattern += "}";
      }
      if (one_in(8)) made.pattern += "\\b";
      for (std::size_t i = min + random_.below(max - min + 1); i > 0; --i) made.text += one.text;
    }
    if (one_in(3)) made.pattern += pick<std::string_view>({"\\b", "$", "\\d*"});
    return made;
  }

  void branches(PatternSample& made, int depth) {
    const std::size_t chosen_of = one_in(4) ? 2 + random_.below(2) : 1;
    const std::size_t chosen = random_.below(chosen_of);
    for (std::size_t i = 0; i < chosen_of; ++i) {
      PatternSample branch;
      const bool empty = chosen_of > 1 && one_in(10);
      for (std::size_t atoms = empty ? 0 : 1 + random_.below(4); atoms > 0; --atoms)
        repeated_atom(branch, depth);
      if (i > 0) made.pattern += '|';
      made.pattern += branch.pattern;
      if (i == chosen) made.text += branch.text;
    }
  }

  void repeated_atom(PatternSample& made, int depth) {
    if (one_in(16)) {
      made.pattern += pick<std::string_view>({"\\b", "^", "$"});
      return;
    }
    PatternSample one = atom(depth);
    std::size_t times = 1;
    if (one_in(3)) {
      struct Repetition {
        std::string_view written;
        std::size_t min, max;
      };
      const auto& chosen = pick<Repetition>({{"*", 0, 3},
                                             {"+", 1, 3},
                                             {"?", 0, 1},
                                             {"{2}", 2, 2},
                                             {"{1,}", 1, 4},
                                             {"{2,3}", 2, 3},
                                             {"{0,2}", 0, 2}});
      one.pattern += chosen.written;
      if (one_in(4)) one.pattern += '?';
      times = chosen.min + random_.below(chosen.max - chosen.min + 1);
    }
    made.pattern += one.pattern;
    for (; times > 0; --times) made.text += one.text;
  }

  PatternSample atom(int depth) {
    if (depth < 3 && one_in(5)) {
      PatternSample group;
      branches(group, depth + 1);
      group.pattern =
          std::string(pick<std::string_view>({"(", "(?:", "(?P<n>"})) + group.pattern + ")";
      return group;
    }
    if (non_ascii_ && one_in(3))
      return pick<PatternSample>({{"\xc3\xa9", "\xc3\xa9"}, {"[\xc3\xa9\xc3\x9f]", "\xc3\x9f"}});
    return pick<PatternSample>(
        {{"a", "a"},           {"b", "b"},        {"c", "c"},      {"ab", "ab"},
         {"A", "A"},           {"x", "x"},        {"1", "1"},      {" ", " "},
         {"\\.", "."},         {"-", "-"},        {"\"", "\""},    {"\\\\", "\\"},
         {"\\n", "\n"},        {"\\t", "\t"},     {"\\x61", "a"},  {"@", "@"},
         {".", "b"},           {"\\d", "1"},      {"\\D", "a"},    {"\\w", "b"},
         {"\\W", " "},         {"\\s", "\n"},     {"\\S", "c"},    {"[ab]", "b"},
         {"[^ab]", "\n"},      {"[a-c1-3]", "2"}, {"[^\\n]", "x"}, {"[[:alpha:]]", "c"},
         {"[[:space:]]", " "}, {"[^\\w]", "."},   {"[\\s.]", "."}, {"[]a]", "a"},
         {"[^]a]", "b"},       {"[\\d.-]", "-"}});
  }

  SeededRandom& random_;
  bool non_ascii_ = false;
};

}  // namespace hecate
