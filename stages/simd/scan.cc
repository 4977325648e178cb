// The scalar scans, which say what the others must do, and the choice among them.
#include "stages/simd/scan.h"

#include "stages/simd/target.h"

namespace hecate {

#if HECATE_X86
namespace avx2 {
extern const ScanKernels scan_kernels;
}
namespace avx512 {
extern const ScanKernels scan_kernels;
}
#endif

namespace {

std::uint8_t seen_bit(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return Seen::non_ascii;
  if (byte < 0x20) return Seen::control;
  return c == '\\' ? Seen::backslash : 0;
}

ScanResult scan_json_string(const char* begin, const char* end) {
  ScanResult result;
  for (const char* p = begin; p < end; ++p) {
    if (*p == '"') {
      result.size = static_cast<std::size_t>(p - begin);
      return result;
    }
    result.seen |= seen_bit(*p);
    if (*p == '\\' && ++p < end) result.seen |= seen_bit(*p);
  }
  return result;
}

ScanResult scan_line(const char* begin, const char* end) {
  ScanResult result;
  for (const char* p = begin; p < end; ++p) {
    if (*p == '\n') {
      result.size = static_cast<std::size_t>(p - begin);
      return result;
    }
    result.seen |= *p == '"' ? Seen::quote : seen_bit(*p);
  }
  return result;
}

ScanResult scan_brackets(const char* begin, const char* end) {
  ScanResult result;
  std::size_t depth = 0;
  for (const char* p = begin; p < end; ++p) {
    if (*p == '"') {
      const ScanResult string = scan_json_string(p + 1, end);
      if (string.size == ScanResult::npos) return result;
      p += string.size + 1;
    } else if (*p == '\\' && p + 1 < end && (p[1] == '\\' || p[1] == '"')) {
      ++p;  // no JSON, but the other kernels take a quote so written for escaped: so does this one
    } else if (*p == '{' || *p == '[') {
      ++depth;
    } else if ((*p == '}' || *p == ']') && --depth == 0) {
      result.size = static_cast<std::size_t>(p - begin) + 1;
      return result;
    }
  }
  return result;
}

constexpr ScanKernels scalar_kernels{"scalar", scan_json_string, scan_line, scan_brackets};

}  // namespace

std::size_t usable_scan_kernels(const ScanKernels* (&out)[4]) {
  std::size_t count = 0;
#if HECATE_X86
  if (__builtin_cpu_supports("avx512bw")) out[count++] = &avx512::scan_kernels;
  if (__builtin_cpu_supports("avx2")) out[count++] = &avx2::scan_kernels;
#endif
  out[count++] = &scalar_kernels;
  return count;
}

const ScanKernels& select_scan_kernels(std::string_view forced) {
  const ScanKernels* usable[4] = {};
  const std::size_t count = usable_scan_kernels(usable);
  if (forced.empty()) return *usable[0];
  for (std::size_t i = 0; i < count; ++i) {
    if (forced == usable[i]->name) return *usable[i];
  }
  return *usable[count - 1];
}

}  // namespace hecate
