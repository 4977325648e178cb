// scan: the byte scans that every log byte goes through, one version per CPU.
//
// Each scan walks 64 bytes at a time and may read (never use) up to limits::padding_bytes past the
// end it is given: the text must lie in a Buffer. The scalar versions are the specification; a
// differential test holds the others against them. `select_scan_kernels` picks one set per process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hecate {

/// Bits of ScanResult::seen: what was met before the end of what was scanned.
struct Seen {
  static constexpr std::uint8_t backslash = 1;
  static constexpr std::uint8_t non_ascii = 2;  ///< a byte >= 0x80
  static constexpr std::uint8_t control = 4;    ///< a byte < 0x20
  static constexpr std::uint8_t quote = 8;      ///< a '"' (scan_line only)
};

struct ScanResult {
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t size = npos;  ///< bytes before the closing byte; npos: it is not within the text
  std::uint8_t seen = 0;
};

struct ScanKernels {
  const char* name;
  /// `begin` is inside a JSON string: finds its closing quote, minding escapes.
  ScanResult (*json_string)(const char* begin, const char* end);
  /// Finds the newline that ends the line at `begin`. A carriage return before it counts as seen
  /// control, like any other.
  ScanResult (*line)(const char* begin, const char* end);
  /// `begin` is at a '{' or '[': the size of that value, its closing bracket included. Strings are
  /// skipped; whether brackets pair by kind is not looked at. `seen` is not set.
  ScanResult (*brackets)(const char* begin, const char* end);
};

/// The fastest kernels of this CPU, or those named by `forced` ("scalar", "avx2", "avx512") when
/// the CPU has them. An unknown or unusable name gives the scalar ones.
const ScanKernels& select_scan_kernels(std::string_view forced = {});

/// All kernels that this CPU can run, for differential tests. Ends with the scalar ones.
std::size_t usable_scan_kernels(const ScanKernels* (&out)[4]);

}  // namespace hecate
