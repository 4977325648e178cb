#include "stages/escape.h"

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace hecate {
namespace {

struct Escape {
  char bytes[6];
  std::uint8_t size;  // 0: the byte stands for itself
};

constexpr std::array<Escape, 256> make_escapes() {
  constexpr char hex[] = "0123456789abcdef";
  std::array<Escape, 256> table{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) {
    table[byte] = Escape{{'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}, 6};
  }
  constexpr std::pair<unsigned char, char> shorts[] = {
      {'"', '"'}, {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\b', 'b'}, {'\f', 'f'}};
  for (const auto& [byte, letter] : shorts) table[byte] = Escape{{'\\', letter}, 2};
  return table;
}

constexpr std::array<Escape, 256> escapes = make_escapes();

char* escape_byte(char c, char* out) noexcept {
  const Escape& escape = escapes[static_cast<unsigned char>(c)];
  if (escape.size == 0) {
    *out = c;
    return out + 1;
  }
  std::memcpy(out, escape.bytes, sizeof escape.bytes);  // a fixed size: the rest is overwritten
  return out + escape.size;
}

#if defined(__SSE2__)
// Bits of the 16 bytes at `p` that need escaping.
unsigned special_bytes(__m128i bytes) noexcept {
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i last = _mm_set1_epi8(0x1f);
  const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last), last);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}
#endif

}  // namespace

char* escape_json(std::string_view text, char* out) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
#if defined(__SSE2__)
  while (p < end) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const auto left = static_cast<std::size_t>(end - p);
    unsigned special = special_bytes(bytes);
    if (left < 16) special &= (1U << left) - 1;
    const std::size_t clean =
        special != 0 ? static_cast<std::size_t>(__builtin_ctz(special)) : (left < 16 ? left : 16);
    p += clean;
    out += clean;
    if (special != 0) out = escape_byte(*p++, out);
  }
#else
  while (p < end) out = escape_byte(*p++, out);
#endif
  return out;
}

}  // namespace hecate
