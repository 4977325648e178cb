// A damaged gzip member gave text that was never in it. Found by fuzz_gzip_framing.
//
// Deflate copies earlier text by length and distance. Two of the distance codes mean nothing; ISA-L
// refuses them, but by then it has counted the bytes of the copy as produced. They were never
// written: what came out in their place was whatever the buffer had held before, up to 258 bytes of
// it, perhaps the text of another object.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "stages/decompress.h"
#include "tests/support/compressed.h"
#include "tests/support/memory_reader.h"

namespace hecate {
namespace {

// Deflated data written bit by bit, with the fixed codes of RFC 1951.
class DeflateBits {
 public:
  DeflateBits() { low_first(2, 3); }  // a block, not the last one, of fixed codes
  void letter(char c) { high_first(0x30U + static_cast<unsigned char>(c), 8); }
  void longest_match_at_no_distance() {
    high_first(0xc5, 8);  // length 258
    high_first(31, 5);    // a distance code that means nothing
  }
  [[nodiscard]] std::string bytes() const { return bytes_; }

 private:
  void bit(bool one) {
    if (used_ == 0) bytes_ += '\0';
    if (one) bytes_.back() = static_cast<char>(bytes_.back() | 1 << used_);
    used_ = (used_ + 1) % 8;
  }
  void low_first(unsigned value, int bits) {
    for (int i = 0; i < bits; ++i) bit((value >> i & 1) != 0);
  }
  void high_first(unsigned value, int bits) {
    while (bits-- > 0) bit((value >> bits & 1) != 0);
  }
  std::string bytes_;
  int used_ = 0;
};

std::string readable(Decompress& decompress, std::string object) {
  MemoryReader reader(std::move(object));
  std::string text;
  if (!decompress.open(reader)) return text;
  std::string buffer(64 * 1024, '?');
  while (true) {
    const Result<std::size_t> got = decompress.read({buffer.data(), buffer.size()});
    if (!got || *got == 0) return text;
    text.append(buffer, 0, *got);
  }
}

TEST(Regress, a_refused_match_gives_no_bytes_that_were_there_before) {
  std::string sound;
  DeflateBits bits;
  for (int i = 0; i < 1000; ++i) {
    sound += static_cast<char>('a' + i % 26);
    bits.letter(sound.back());
  }
  bits.longest_match_at_no_distance();
  for (int i = 0; i < 1000; ++i) bits.letter('z');

  Decompress decompress;
  const std::string secret = readable(decompress, gzip_member(std::string(50'000, '#')));
  ASSERT_EQ(secret.size(), 50'000U);
  const std::string text = readable(decompress, gzip_header() + bits.bytes());
  EXPECT_EQ(text, sound.substr(0, text.size()));
  EXPECT_GE(text.size(), sound.size() - 258) << "what was readable comes out";
}

}  // namespace
}  // namespace hecate
