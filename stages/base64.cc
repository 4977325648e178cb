#include "stages/base64.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace hecate {

Status Base64Reader::open(std::string_view text) {
  text_ = text;
  taken_ = chunk_size_ = chunk_used_ = 0;
  if (text.size() % 4 != 0)
    return fail(Errc::bad_document, "base64 that is cut off: its length is no multiple of 4");
  // OpenSSL takes padding for zeros, wherever it stands.
  const std::size_t padding = std::min(text.find('='), text.size());
  if (text.size() - padding > 2 || text.find_first_not_of('=', padding) != std::string_view::npos)
    return fail(Errc::bad_document, fmt::format("no base64: it ends at byte {}", padding));
  return {};
}

Result<std::size_t> Base64Reader::read(std::span<char> into) {
  if (chunk_used_ == chunk_size_) {
    if (Status decoded = decode_chunk(); !decoded) return fail(std::move(decoded.error()));
  }
  const std::size_t size = std::min(into.size(), chunk_size_ - chunk_used_);
  if (size > 0) std::memcpy(into.data(), chunk_.data() + chunk_used_, size);
  chunk_used_ += size;
  return size;
}

Status Base64Reader::decode_chunk() {
  const std::string_view chars = text_.substr(taken_, chunk_chars);
  chunk_used_ = chunk_size_ = 0;
  if (chars.empty()) return {};
  const int size =
      EVP_DecodeBlock(chunk_.data(), reinterpret_cast<const unsigned char*>(chars.data()),
                      static_cast<int>(chars.size()));
  // White space at the ends of a block is passed over by OpenSSL; then bytes are missing.
  if (size < 0 || static_cast<std::size_t>(size) != chars.size() / 4 * 3) {
    return fail(Errc::bad_document,
                fmt::format("no base64 (between bytes {} and {})", taken_, taken_ + chars.size()));
  }
  taken_ += chars.size();
  chunk_size_ = static_cast<std::size_t>(size);
  if (taken_ == text_.size())
    chunk_size_ -= static_cast<std::size_t>(std::count(chars.begin(), chars.end(), '='));
  return {};
}

}  // namespace hecate
