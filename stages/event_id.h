// event_id: the id of an event, a function of where it came from and of nothing else.
//
// The same event has the same id on every run, through the Lambda and through a backfill, so that
// copies can be told in Splunk (`| dedup event_id`). Short ids are used because CloudWatch's 56
// digits hardly compress: they nearly double the bytes on the wire.
//   with CloudWatch's id:  XXH3-64 of owner NUL log group NUL log stream NUL id
//   elsewhere:             XXH3-64 of uri NUL identity NUL ordinal of the record in the object
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hecate {

inline constexpr std::size_t short_id_bytes = 11;

/// Writes the 64 bits, big-endian, as 11 characters of base64url.
void write_short_id(std::uint64_t hash, char* out) noexcept;

/// Hashes ids that share a beginning: set the beginning once, then hash each end.
class IdHasher {
 public:
  /// owner NUL group NUL stream NUL, or uri NUL identity NUL.
  void set_prefix(std::initializer_list<std::string_view> parts);
  [[nodiscard]] std::uint64_t hash(std::string_view last);
  [[nodiscard]] std::uint64_t hash(std::uint64_t ordinal);

 private:
  std::string bytes_;
  std::size_t prefix_size_ = 0;
};

/// The 16 hex digits that stand for an object in full ids outside CloudWatch.
std::string object_hash_hex(std::string_view uri, std::string_view identity);

}  // namespace hecate
