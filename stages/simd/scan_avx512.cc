// The scans for CPUs with AVX-512 BW: one load and one compare per mask.
#include "stages/simd/target.h"

#if HECATE_X86
#include <immintrin.h>

#include "stages/simd/scan.h"

HECATE_TARGET_BEGIN("avx512f,avx512bw,bmi,popcnt")
namespace hecate::avx512 {
namespace {

struct Block {
  __m512i bytes;
  explicit Block(const char* p) : bytes(_mm512_loadu_si512(p)) {}
  std::uint64_t equals(char c) const { return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(c)); }
  std::uint64_t quote() const { return equals('"'); }
  std::uint64_t backslash() const { return equals('\\'); }
  std::uint64_t newline() const { return equals('\n'); }
  // '{' and '[', '}' and ']' differ in one bit.
  std::uint64_t folded(char c) const {
    return _mm512_cmpeq_epi8_mask(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)),
                                  _mm512_set1_epi8(c));
  }
  std::uint64_t opening() const { return folded('{'); }
  std::uint64_t closing() const { return folded('}'); }
  std::uint64_t high() const { return _mm512_movepi8_mask(bytes); }
  std::uint64_t control() const { return _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20)); }
};

#include "stages/simd/scan.inc"

}  // namespace

extern const ScanKernels scan_kernels;
const ScanKernels scan_kernels{"avx512", scan_json_string, scan_line, scan_brackets};

}  // namespace hecate::avx512
HECATE_TARGET_END
#endif
