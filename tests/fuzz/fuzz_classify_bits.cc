// fuzz_classify_bits: the search by bitmaps, against a plain simulation and against PCRE2.
//
// Input: a byte for the number of elements, two bytes for each element, then messages, each ended
// by a byte 0x1e. The elements make a pattern of classes; it is searched for by both bitmap
// kernels, by a simulation that steps a byte at a time, and as a rule with PCRE2 beside it.
#include <array>
#include <set>

#include "pipeline/buffer.h"
#include "stages/bit_scan.h"
#include "tests/fuzz/pattern_reference.h"

namespace hecate::fuzz {
namespace {

struct ClassChoice {
  std::string_view written;
  bool (*has)(unsigned char);
};
bool is_word(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

constexpr std::array<ClassChoice, 8> class_choices = {{
    {"\\d", is_digit},
    {"\\w", is_word},
    {"[45]", [](unsigned char c) { return c == '4' || c == '5'; }},
    {"[ -]", [](unsigned char c) { return c == ' ' || c == '-'; }},
    {"[^\\n\\d]", [](unsigned char c) { return c != '\n' && !is_digit(c); }},
    {".", [](unsigned char c) { return c != '\n'; }},
    {"[\\d.]", [](unsigned char c) { return c == '.' || is_digit(c); }},
    {"[^\\n4-9a-f]",
     [](unsigned char c) { return c != '\n' && (c < '4' || c > '9') && (c < 'a' || c > 'f'); }},
}};

ByteClass bytes_of(const ClassChoice& choice) {
  std::array<bool, 256> members{};
  for (std::size_t c = 0; c < 256; ++c) members[c] = choice.has(static_cast<unsigned char>(c));
  ByteClass bytes;
  require(ByteClass::make(members, bytes), "the classes can be made");
  return bytes;
}

struct Made {
  std::string pattern;
  std::vector<BitElement> elements;
};

Made make_pattern(FuzzInput& input) {
  Made made;
  const std::size_t parts = 1 + input.below(12);
  for (std::size_t i = 0; i < parts; ++i) {
    const std::uint8_t what = input.byte();
    const std::uint8_t counts = input.byte();
    if (what >= 0xe0) {
      made.pattern += "\\b";
      made.elements.push_back({BitElement::Kind::boundary, {}});
      continue;
    }
    const ClassChoice& choice = class_choices[what % class_choices.size()];
    const int min = counts & 3;
    const int max = min + (counts >> 2 & 3);
    if (max == 0 || made.elements.size() + static_cast<std::size_t>(max) > bit_elements_max)
      continue;
    made.pattern += choice.written;
    if (min != 1 || max != 1) made.pattern += fmt::format("{{{},{}}}", min, max);
    for (int copy = 0; copy < max; ++copy) {
      made.elements.push_back(
          {copy < min ? BitElement::Kind::one : BitElement::Kind::optional, bytes_of(choice)});
    }
  }
  return made;
}

bool boundary_at(std::string_view text, std::size_t at) {
  const bool before = at > 0 && is_word(static_cast<unsigned char>(text[at - 1]));
  const bool behind = at < text.size() && is_word(static_cast<unsigned char>(text[at]));
  return before != behind;
}

// Every end of a match: from every place, all elements taken or skipped as they may be.
std::set<std::size_t> simulate(const std::vector<BitElement>& elements, std::string_view text) {
  std::set<std::size_t> places;
  for (std::size_t at = 0; at <= text.size(); ++at) places.insert(places.end(), at);
  for (const BitElement& element : elements) {
    std::set<std::size_t> next;
    for (const std::size_t at : places) {
      if (element.kind == BitElement::Kind::boundary) {
        if (boundary_at(text, at)) next.insert(at);
        continue;
      }
      if (element.kind == BitElement::Kind::optional) next.insert(at);
      if (at < text.size() && element.bytes.contains(static_cast<unsigned char>(text[at])))
        next.insert(at + 1);
    }
    places = std::move(next);
  }
  return places;
}

// Two patterns in one scan, the second the first backwards: they share bitmaps.
void compare_scans(const Made& made, std::string_view messages) {
  const bool has_one =
      std::any_of(made.elements.begin(), made.elements.end(),
                  [](const BitElement& e) { return e.kind == BitElement::Kind::one; });
  if (!has_one || messages.empty()) return;
  Buffer text;
  text.append(messages);
  text.append('\n');
  const std::vector<BitElement> backwards(made.elements.rbegin(), made.elements.rend());
  const std::array<std::set<std::size_t>, 2> wanted{simulate(made.elements, text.view()),
                                                    simulate(backwards, text.view())};
  for (const bool plain : {false, true}) {
    BitScan scan(select_class_bitmap_kernel(plain));
    scan.add(0, made.elements);
    scan.add(1, backwards);
    for (int round = 0; round < 2; ++round) {  // the bitmaps of the first are there in the second
      std::array<std::set<std::size_t>, 2> got;
      scan.scan(text.view(), [&](std::uint16_t rule, std::size_t end) {
        require(rule < 2, "the rule is one of those added");
        require(got[rule].empty() || end > *got[rule].rbegin(), "ends come in order");
        got[rule].insert(end);
      });
      for (std::size_t rule = 0; rule < got.size(); ++rule) {
        if (got[rule] == wanted[rule]) continue;
        broken(plain ? "the plain scan agrees" : "the fast scan agrees",
               fmt::format("rule {} of {}\n{}\ngot {}\nwanted {}", rule, made.pattern,
                           shown(text.view()), fmt::join(got[rule], " "),
                           fmt::join(wanted[rule], " ")));
      }
    }
  }
}

void compare_kernels(FuzzInput input) {
  std::array<bool, 256> members{};
  const bool high = input.coin();
  for (std::size_t c = 0; c < 128; c += 8) {
    const std::uint8_t bits = input.byte();
    for (std::size_t i = 0; i < 8; ++i) members[c + i] = (bits >> i & 1) != 0;
  }
  std::fill(members.begin() + 128, members.end(), high);
  ByteClass bytes;
  require(ByteClass::make(members, bytes), "a class of ASCII with or without the rest can be made");
  for (std::size_t c = 0; c < 256; ++c) {
    require(bytes.contains(static_cast<unsigned char>(c)) == members[c], "a class has its members");
  }
  std::string text(input.rest());
  text.resize((text.size() + 63) / 64 * 64);
  std::vector<std::uint64_t> fast(text.size() / 64), plain(text.size() / 64);
  select_class_bitmap_kernel()(text.data(), fast.size(), bytes, fast.data());
  select_class_bitmap_kernel(true)(text.data(), plain.size(), bytes, plain.data());
  require(fast == plain, "both kernels make the same bitmap", text);
}

void run(FuzzInput input) {
  compare_kernels(input);
  const Made made = make_pattern(input);
  std::vector<std::string> messages;
  std::string_view rest = input.rest().substr(0, 1000);
  compare_scans(made, rest);
  while (!rest.empty()) {
    const std::size_t size = std::min(rest.find('\x1e'), rest.size());
    messages.emplace_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  if (made.pattern.empty()) return;
  Config config;
  config.rules.emplace_back();
  config.rules.back().pattern = made.pattern;
  compare_with_pcre2(config, messages);
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
