// bit_scan: searches for patterns that have no word in them, such as card numbers and addresses.
//
// Engines for many patterns look for literal words first and are fast because those are rare. A
// pattern made of classes alone (`\b[45]\d{3}[ -]?\d{4}...`) keeps them busy at every digit. Here
// the text becomes a bitmap per character class, and a pattern is a sequence of ands and shifts
// over 64 positions at a time: state i has a bit at each position where the first i elements of the
// pattern may just have been matched. Exact for sequences of classes, optional classes and word
// boundaries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace hecate {

/// A set of bytes: any ASCII set, with or without all of the bytes above. As two tables by nibble:
/// a byte is in it when low[byte & 15] has bit (byte >> 4) set, xor `inverted`.
struct ByteClass {
  std::array<std::uint8_t, 16> low{};
  bool inverted = false;
  friend bool operator==(const ByteClass&, const ByteClass&) = default;

  /// False when the set has some, but not all, of the bytes above 0x7f.
  static bool make(const std::array<bool, 256>& members, ByteClass& out);
  [[nodiscard]] bool contains(unsigned char byte) const noexcept {
    return ((byte < 0x80 && (low[byte & 15] >> (byte >> 4) & 1) != 0)) != inverted;
  }
};

struct BitElement {
  enum class Kind : std::uint8_t { one, optional, boundary };
  Kind kind = Kind::one;
  ByteClass bytes;  ///< not with boundary
};

/// Elements in a pattern: the scan keeps track of them in one word.
inline constexpr std::size_t bit_elements_max = 60;

/// Turns 64 bytes at a time into bits: out[i] bit j is byte 64 * i + j.
using ClassBitmapKernel = void (*)(const char* text, std::size_t words, const ByteClass& bytes,
                                   std::uint64_t* out);
/// The fastest for this CPU, or the plain one.
ClassBitmapKernel select_class_bitmap_kernel(bool plain = false);

/// Finds all patterns in one text. Not thread-safe: keeps its bitmaps between scans.
class BitScan {
 public:
  explicit BitScan(ClassBitmapKernel kernel = select_class_bitmap_kernel()) : kernel_(kernel) {}

  /// At most bit_elements_max elements, at least one of kind `one`.
  void add(std::uint16_t rule, const std::vector<BitElement>& elements);
  [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }

  /// Calls report(rule, end) for every end of a match, in order for each rule. `text` ends in a
  /// newline, and is padded.
  template <typename Report>
  void scan(std::string_view text, Report&& report) {
    if (patterns_.empty() || text.empty()) return;
    make_bitmaps(text);
    for (const Pattern& pattern : patterns_) {
      scan_pattern(pattern, text.size(), [&](std::size_t end) { report(pattern.rule, end); });
    }
  }

 private:
  struct Step {
    BitElement::Kind kind;
    std::uint32_t bitmap;
  };
  struct Pattern {
    std::uint16_t rule;
    std::vector<Step> steps;
  };

  std::uint32_t bitmap_of(const ByteClass& bytes);
  void make_bitmaps(std::string_view text);
  template <typename Found>
  void scan_pattern(const Pattern& pattern, std::size_t size, Found&& found) const;

  ClassBitmapKernel kernel_;
  std::vector<Pattern> patterns_;
  std::vector<ByteClass> classes_;
  std::uint32_t word_class_ = 0;  // of \w, when boundaries are asked for
  bool has_boundaries_ = false;
  std::vector<std::vector<std::uint64_t>> bitmaps_;  // one for each class; then one of boundaries
  std::size_t words_ = 0;
};

template <typename Found>
void BitScan::scan_pattern(const Pattern& pattern, std::size_t size, Found&& found) const {
  // Bit i of `carries` is what element i hands on from the last position of the word before.
  std::uint64_t carries = 0;
  const std::size_t count = pattern.steps.size();
  for (std::size_t w = 0; w < words_; ++w) {
    std::uint64_t state = ~std::uint64_t{0};
    std::uint64_t next_carries = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Step& step = pattern.steps[i];
      const std::uint64_t bits = bitmaps_[step.bitmap][w];
      if (step.kind == BitElement::Kind::boundary) {
        state &= bits;
      } else {
        const std::uint64_t matched = state & bits;
        const std::uint64_t moved = matched << 1 | (carries >> i & 1);
        next_carries |= matched >> 63 << i;
        state = step.kind == BitElement::Kind::optional ? state | moved : moved;
      }
      // Nothing is alive, and nothing comes in from the word before at a later element.
      if (state == 0 && carries >> i <= 1) break;
    }
    carries = next_carries;
    while (state != 0) {
      const std::size_t end = w * 64 + static_cast<std::size_t>(__builtin_ctzll(state));
      if (end <= size) found(end);
      state &= state - 1;
    }
  }
}

}  // namespace hecate
