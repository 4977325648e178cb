#include "stages/event_id.h"

#include <charconv>

#include <fmt/format.h>
#include <xxhash.h>

namespace hecate {

void write_short_id(std::uint64_t hash, char* out) noexcept {
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // 64 bits are ten digits of six bits and one of four, which base64 pads at the low end.
  for (int i = 0; i < 10; ++i) out[i] = alphabet[hash >> (58 - 6 * i) & 63];
  out[10] = alphabet[(hash & 15) << 2];
}

void IdHasher::set_prefix(std::initializer_list<std::string_view> parts) {
  bytes_.clear();
  for (const std::string_view part : parts) bytes_.append(part).append(1, '\0');
  prefix_size_ = bytes_.size();
}

std::uint64_t IdHasher::hash(std::string_view last) {
  bytes_.resize(prefix_size_);
  bytes_.append(last);
  return XXH3_64bits(bytes_.data(), bytes_.size());
}

std::uint64_t IdHasher::hash(std::uint64_t ordinal) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, ordinal);
  return hash(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

std::string object_hash_hex(std::string_view uri, std::string_view identity) {
  IdHasher hasher;
  hasher.set_prefix({uri});
  return fmt::format("{:016x}", hasher.hash(identity));
}

}  // namespace hecate
