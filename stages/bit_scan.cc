#include "stages/bit_scan.h"

#include <algorithm>
#include <cctype>

#include "pipeline/check.h"
#include "stages/simd/target.h"

namespace hecate {

#if HECATE_X86
namespace avx2 {
void class_bitmap(const char* text, std::size_t words, const ByteClass& bytes, std::uint64_t* out);
}
#endif

namespace {

void plain_class_bitmap(const char* text, std::size_t words, const ByteClass& bytes,
                        std::uint64_t* out) {
  std::array<std::uint8_t, 256> member{};
  for (std::size_t byte = 0; byte < 256; ++byte)
    member[byte] = bytes.contains(static_cast<unsigned char>(byte)) ? 1 : 0;
  for (std::size_t w = 0; w < words; ++w) {
    std::uint64_t bits = 0;
    for (std::size_t j = 0; j < 64; ++j) {
      bits |= std::uint64_t{member[static_cast<unsigned char>(text[w * 64 + j])]} << j;
    }
    out[w] = bits;
  }
}

ByteClass word_bytes() {
  std::array<bool, 256> members{};
  for (int c = 0; c < 128; ++c)
    members[static_cast<std::size_t>(c)] = std::isalnum(c) != 0 || c == '_';
  ByteClass bytes;
  check(ByteClass::make(members, bytes), "the word characters are an ASCII set");
  return bytes;
}

}  // namespace

bool ByteClass::make(const std::array<bool, 256>& members, ByteClass& out) {
  const auto high = std::count(members.begin() + 128, members.end(), true);
  if (high != 0 && high != 128) return false;
  out = ByteClass{};
  out.inverted = high == 128;
  for (std::size_t byte = 0; byte < 128; ++byte) {
    if (members[byte] != out.inverted)
      out.low[byte & 15] = static_cast<std::uint8_t>(out.low[byte & 15] | 1U << (byte >> 4));
  }
  return true;
}

ClassBitmapKernel select_class_bitmap_kernel(bool plain) {
#if HECATE_X86
  if (!plain && __builtin_cpu_supports("avx2")) return avx2::class_bitmap;
#endif
  return plain_class_bitmap;
}

void BitScan::add(std::uint16_t rule, const std::vector<BitElement>& elements) {
  check(elements.size() <= bit_elements_max, "a bit pattern fits its state word");
  Pattern pattern{rule, {}};
  for (const BitElement& element : elements) {
    if (element.kind == BitElement::Kind::boundary) {
      if (!has_boundaries_) {
        word_class_ = bitmap_of(word_bytes());
        has_boundaries_ = true;
      }
      pattern.steps.push_back({element.kind, UINT32_MAX});
    } else {
      pattern.steps.push_back({element.kind, bitmap_of(element.bytes)});
    }
  }
  patterns_.push_back(std::move(pattern));
  // The boundaries' bitmap comes behind those of all classes, however many there are by now.
  for (Pattern& known : patterns_) {
    for (Step& step : known.steps) {
      if (step.kind == BitElement::Kind::boundary)
        step.bitmap = static_cast<std::uint32_t>(classes_.size());
    }
  }
}

std::uint32_t BitScan::bitmap_of(const ByteClass& bytes) {
  const auto known = std::find(classes_.begin(), classes_.end(), bytes);
  if (known == classes_.end()) {
    classes_.push_back(bytes);
    return static_cast<std::uint32_t>(classes_.size() - 1);
  }
  return static_cast<std::uint32_t>(known - classes_.begin());
}

void BitScan::make_bitmaps(std::string_view text) {
  // One word more than the text has: an end may lie just behind it. What the bits behind the text
  // say does not matter: the newline that ends the text is in no match that is reported.
  words_ = text.size() / 64 + 1;
  bitmaps_.resize(classes_.size() + 1);
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    bitmaps_[i].resize(std::max(bitmaps_[i].size(), words_));
    kernel_(text.data(), words_, classes_[i], bitmaps_[i].data());
  }
  if (!has_boundaries_) return;
  const std::vector<std::uint64_t>& word = bitmaps_[word_class_];
  std::vector<std::uint64_t>& boundary = bitmaps_.back();
  boundary.resize(std::max(boundary.size(), words_));
  std::uint64_t before = 0;
  for (std::size_t w = 0; w < words_; ++w) {
    boundary[w] = word[w] ^ (word[w] << 1 | before);
    before = word[w] >> 63;
  }
}

}  // namespace hecate
