#include "receive/request_body.h"

#include <algorithm>
#include <cstdint>

#include <libdeflate.h>
#include <strings.h>

#include "pipeline/check.h"

namespace hecate::receive {

namespace {

constexpr size_t gzip_bytes_min = 18;       // header and trailer of an empty member
constexpr size_t deflate_ratio_max = 1032;  // no deflate stream expands further

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// The last four bytes hold the size of the last member modulo 2^32: right for the usual single
// member, a harmless guess otherwise.
size_t guess_plain_bytes(std::string_view wire) {
  size_t size = 0;
  for (size_t i = 1; i <= 4; ++i)
    size = size << 8 | static_cast<unsigned char>(wire[wire.size() - i]);
  return size <= wire.size() * deflate_ratio_max ? std::max(size, wire.size()) : 4 * wire.size();
}

}  // namespace

void BodyDecoder::Free::operator()(libdeflate_decompressor* decompressor) const noexcept {
  libdeflate_free_decompressor(decompressor);
}

BodyDecoder::BodyDecoder() : decompressor_(libdeflate_alloc_decompressor()) {
  check(decompressor_ != nullptr, "a decompressor can be allocated");
}

bool BodyDecoder::is_plain(std::string_view encoding) noexcept {
  return encoding.empty() || same_word(encoding, "identity");
}

bool BodyDecoder::is_gzip(std::string_view encoding) noexcept {
  return same_word(encoding, "gzip");
}

BodyVerdict BodyDecoder::gunzip(std::string_view wire, size_t bytes_max, PaddedBytes& plain) const {
  plain.clear();
  if (wire.size() < gzip_bytes_min) return BodyVerdict::broken;
  plain.reserve(std::min(guess_plain_bytes(wire), bytes_max));
  while (!wire.empty()) {
    size_t taken = 0;
    size_t made = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor_.get(), wire.data(), wire.size(), plain.data() + plain.size(),
        std::min(plain.capacity(), bytes_max) - plain.size(), &taken, &made);
    if (result == LIBDEFLATE_SUCCESS) {
      wire.remove_prefix(taken);
      plain.set_size(plain.size() + made);
    } else if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (plain.capacity() >= bytes_max) return BodyVerdict::too_large;
      plain.reserve(std::min(bytes_max, std::max<size_t>(4096, 2 * plain.capacity())));
    } else {
      return BodyVerdict::broken;
    }
  }
  return BodyVerdict::ok;
}

}  // namespace hecate::receive
