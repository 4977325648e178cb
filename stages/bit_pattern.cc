#include "stages/bit_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>

#include <re2/re2.h>

namespace hecate {
namespace {

using namespace pattern_tree;

// A word of this length is rare enough for an engine to go by.
constexpr int word_bytes_min = 4;
// Optional repetitions beyond this are cut: each costs a step of the scan.
constexpr int optional_max = 12;
// How rare a part must be: about one random printable position in 2^10.
constexpr double bits_min = 10;

// The byte that a node stands for when it stands for exactly one; nothing for classes.
std::optional<char> literal_of(const Node& node) {
  if (node.kind != Node::Kind::one) return std::nullopt;
  if (node.text.size() == 1 && node.text != ".") return node.text[0];
  if (node.text.size() == 2 && node.text[0] == '\\' &&
      std::isalnum(static_cast<unsigned char>(node.text[1])) == 0)
    return node.text[1];
  return std::nullopt;
}

// Length of the longest word that every match contains, seen from inside the sequence.
int longest_word(const Sequence& sequence) {
  int longest = 0;
  int current = 0;
  for (const Node& node : sequence) {
    if (literal_of(node) && node.min >= 1) {
      current += node.min;
      longest = std::max(longest, current);
      if (node.repeats()) current = node.min;
      continue;
    }
    if (node.kind == Node::Kind::boundary) continue;
    current = 0;
    if (node.kind == Node::Kind::group && node.min >= 1) {
      int shortest = word_bytes_min;
      for (const Sequence& branch : node.branches)
        shortest = std::min(shortest, longest_word(branch));
      longest = std::max(longest, shortest);
    }
  }
  return longest;
}

// The bytes that a node's text matches; false when they cannot be put into a class.
bool bytes_of(const Node& node, const PatternFlags& flags, ByteClass& out, double& rarity) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_case_sensitive(!flags.caseless);
  options.set_dot_nl(flags.dotall);
  const RE2 one(node.text, options);
  // White space is not the same to RE2 and to the engine, and has the newline in it anyway.
  const bool differs = node.text.find("\\v") != node.text.npos ||
                       node.text.find("\\s") != node.text.npos ||
                       node.text.find("\\S") != node.text.npos;
  if (!one.ok() || differs) return false;
  std::array<bool, 256> members{};
  int printable = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    members[byte] = RE2::FullMatch(re2::StringPiece(&c, 1), one);
    printable += members[byte] && byte >= 0x20 && byte < 0x7f ? 1 : 0;
  }
  // A part that takes newlines would run from one message into the next.
  if (members['\n']) return false;
  rarity = std::log2(96.0 / std::max(printable, 1));
  return ByteClass::make(members, out);
}

// Patterns with characters beyond ASCII go by characters, not by bytes.
bool is_ascii(const Sequence& sequence) {
  return std::all_of(sequence.begin(), sequence.end(), [](const Node& node) {
    return std::all_of(node.text.begin(), node.text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; }) &&
           std::all_of(node.branches.begin(), node.branches.end(), is_ascii);
  });
}

struct Part {
  std::vector<BitElement> elements;
  double rarity = 0;
  std::size_t nodes = 0;   // of the sequence that it covers wholly, from its first
  bool whole_ends = true;  // neither end was cut
};

// The longest part of `sequence` that begins at node `from`.
Part part_from(const Sequence& sequence, std::size_t from, const PatternFlags& flags) {
  Part part;
  for (std::size_t i = from; i < sequence.size(); ++i) {
    const Node& node = sequence[i];
    BitElement element;
    if (node.kind == Node::Kind::boundary) {
      element.kind = BitElement::Kind::boundary;
      if (part.elements.size() == bit_elements_max) return part;
      part.elements.push_back(element);
      ++part.nodes;
      continue;
    }
    double rarity = 0;
    if (node.kind != Node::Kind::one || !bytes_of(node, flags, element.bytes, rarity)) return part;
    const bool long_tail = node.max == unbounded || node.max - node.min > optional_max;
    const auto copies = static_cast<std::size_t>(long_tail ? node.min : node.max);
    if (part.elements.size() + copies > bit_elements_max) return part;
    for (int copy = 0; copy < static_cast<int>(copies); ++copy) {
      element.kind = copy < node.min ? BitElement::Kind::one : BitElement::Kind::optional;
      part.elements.push_back(element);
      if (copy < node.min) part.rarity += rarity;
    }
    if (!long_tail) {
      ++part.nodes;
      continue;
    }
    part.whole_ends = false;
    // What repeats without end may stand at an end of the part, never within it.
    if (i != from) return part;
  }
  return part;
}

}  // namespace

void find_bit_pattern(const std::vector<Sequence>& branches, ScanPattern& pattern) {
  if (branches.size() != 1) return;
  const Sequence& sequence = branches.front();
  if (!is_ascii(sequence) || longest_word(sequence) >= word_bytes_min) return;
  Part best;
  bool best_is_all = false;
  for (std::size_t from = 0; from < sequence.size(); ++from) {
    Part part = part_from(sequence, from, pattern.flags);
    if (part.rarity <= best.rarity) continue;
    best_is_all = from == 0 && part.nodes == sequence.size() && part.whole_ends;
    best = std::move(part);
  }
  const auto is_one = [](const BitElement& e) { return e.kind == BitElement::Kind::one; };
  if (best.rarity < bits_min || std::none_of(best.elements.begin(), best.elements.end(), is_one))
    return;
  pattern.bits = std::move(best.elements);
  pattern.bits_filter_only = !best_is_all;
}

}  // namespace hecate
