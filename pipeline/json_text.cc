#include "pipeline/json_text.h"

#include <cstdint>

namespace hecate {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(text[at]);
}

bool needs_escape(std::uint8_t byte) noexcept {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

void append_escape(std::string& out, std::uint8_t byte) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (byte) {
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    default:
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
  }
}

// The one loop behind both forms: copies runs, repairs UTF-8, and escapes when asked to.
void append_repaired(std::string& out, std::string_view bytes, bool escape) {
  std::size_t run = 0;  // start of the bytes not copied yet
  std::size_t at = 0;
  const auto flush = [&](std::size_t skip) {
    out.append(bytes, run, at - run);
    at += skip;
    run = at;
  };
  while (at < bytes.size()) {
    const std::uint8_t byte = byte_at(bytes, at);
    if (byte >= 0x80) {
      const Utf8Sequence sequence = utf8_sequence(bytes.substr(at));
      if (sequence.valid) {
        at += sequence.size;
      } else {
        flush(sequence.size);
        out += replacement_character;
      }
    } else if (escape && needs_escape(byte)) {
      flush(1);
      append_escape(out, byte);
    } else {
      ++at;
    }
  }
  flush(0);
}

}  // namespace

Utf8Sequence utf8_sequence(std::string_view text) noexcept {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {1, true};
  std::size_t wanted = 0;
  std::uint8_t low = 0x80;   // bounds of the second byte: they keep out overlong forms,
  std::uint8_t high = 0xbf;  // surrogates and values above U+10FFFF
  if (lead >= 0xc2 && lead <= 0xdf) {
    wanted = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    wanted = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    wanted = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {};
  }
  for (std::size_t i = 1; i < wanted; ++i) {
    if (i >= text.size()) return {i, false};
    const std::uint8_t next = byte_at(text, i);
    if (next < low || next > high) return {i, false};
    low = 0x80;
    high = 0xbf;
  }
  return {wanted, true};
}

void append_valid_utf8(std::string& out, std::string_view bytes) {
  append_repaired(out, bytes, false);
}

void append_json_escaped(std::string& out, std::string_view text) {
  append_repaired(out, text, true);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

}  // namespace hecate
