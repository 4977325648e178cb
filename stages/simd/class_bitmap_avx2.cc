// Class bitmaps by two table look-ups a byte: which high nibbles go with its low nibble, and which
// bit its own high nibble is.
#include "stages/simd/target.h"

#if HECATE_X86
#include <immintrin.h>

#include "stages/bit_scan.h"

HECATE_TARGET_BEGIN("avx2")
namespace hecate::avx2 {
namespace {

struct Tables {
  __m256i low, bit;
};

std::uint32_t members(__m256i bytes, const Tables& tables) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i rows = _mm256_shuffle_epi8(tables.low, _mm256_and_si256(bytes, nibble));
  // Bytes from 0x80 on have no bit in the second table, so they are in no set here.
  const __m256i bit =
      _mm256_shuffle_epi8(tables.bit, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
  const __m256i outside = _mm256_cmpeq_epi8(_mm256_and_si256(rows, bit), _mm256_setzero_si256());
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(outside));
}

}  // namespace

void class_bitmap(const char* text, std::size_t words, const ByteClass& bytes, std::uint64_t* out) {
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.low.data()));
  const __m128i bit = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const Tables tables{_mm256_broadcastsi128_si256(low), _mm256_broadcastsi128_si256(bit)};
  const std::uint64_t flip = bytes.inverted ? ~std::uint64_t{0} : 0;
  for (std::size_t w = 0; w < words; ++w) {
    const char* p = text + w * 64;
    const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
    const std::uint64_t bits =
        static_cast<std::uint64_t>(members(second, tables)) << 32 | members(first, tables);
    out[w] = bits ^ flip;
  }
}

}  // namespace hecate::avx2
HECATE_TARGET_END
#endif
