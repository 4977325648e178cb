// The scans for CPUs with AVX2 (every x86 Lambda has it).
#include "stages/simd/target.h"

#if HECATE_X86
#include <immintrin.h>

#include "stages/simd/scan.h"

HECATE_TARGET_BEGIN("avx2,bmi,popcnt")
namespace hecate::avx2 {
namespace {

struct Block {
  __m256i low, high_half;
  explicit Block(const char* p)
      : low(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))),
        high_half(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))) {}
  static std::uint64_t join(__m256i a, __m256i b) {
    const auto lo = static_cast<std::uint32_t>(_mm256_movemask_epi8(a));
    const auto hi = static_cast<std::uint32_t>(_mm256_movemask_epi8(b));
    return static_cast<std::uint64_t>(hi) << 32 | lo;
  }
  std::uint64_t equals(char c) const {
    const __m256i wanted = _mm256_set1_epi8(c);
    return join(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high_half, wanted));
  }
  std::uint64_t quote() const { return equals('"'); }
  std::uint64_t backslash() const { return equals('\\'); }
  std::uint64_t newline() const { return equals('\n'); }
  // '{' and '[', '}' and ']' differ in one bit.
  std::uint64_t folded(char c) const {
    const __m256i bit = _mm256_set1_epi8(0x20);
    const __m256i wanted = _mm256_set1_epi8(c);
    return join(_mm256_cmpeq_epi8(_mm256_or_si256(low, bit), wanted),
                _mm256_cmpeq_epi8(_mm256_or_si256(high_half, bit), wanted));
  }
  std::uint64_t opening() const { return folded('{'); }
  std::uint64_t closing() const { return folded('}'); }
  std::uint64_t high() const { return join(low, high_half); }
  std::uint64_t control() const {
    const __m256i last = _mm256_set1_epi8(0x1f);  // unsigned x <= 0x1f  <=>  max(x, 0x1f) == 0x1f
    return join(_mm256_cmpeq_epi8(_mm256_max_epu8(low, last), last),
                _mm256_cmpeq_epi8(_mm256_max_epu8(high_half, last), last));
  }
};

#include "stages/simd/scan.inc"

}  // namespace

extern const ScanKernels scan_kernels;
const ScanKernels scan_kernels{"avx2", scan_json_string, scan_line, scan_brackets};

}  // namespace hecate::avx2
HECATE_TARGET_END
#endif
