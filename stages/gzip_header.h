// gzip_header: steps over the header of a gzip member (RFC 1952), however it is cut into pieces.
//
// ISA-L 2.30 misreads headers with an extra field, a header CRC, or a long name that arrives in
// pieces; archives have all of these. Nothing of the header is used: it is checked and skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <isa-l/crc.h>

namespace hecate {

class GzipHeader {
 public:
  enum class State : std::uint8_t { more, done, bad };

  /// Takes the header's next part off the front of `bytes` and says in `used` how much that was.
  /// The caller has seen the magic bytes. done: what follows is deflated.
  State take(std::string_view bytes, std::size_t& used) noexcept {
    for (used = 0; used < bytes.size();) {
      const auto byte = static_cast<std::uint8_t>(bytes[used++]);
      if (part_ != Part::crc) crc_ = crc32_gzip_refl(crc_, &byte, 1);
      if (!step(byte)) return State::bad;
      if (part_ == Part::deflated) return State::done;
    }
    return State::more;
  }

 private:
  enum class Part : std::uint8_t { fixed, extra_size, extra, name, comment, crc, deflated };
  static constexpr std::uint8_t has_crc = 2, has_extra = 4, has_name = 8, has_comment = 16;
  static constexpr std::uint8_t reserved = 0xe0;
  static constexpr std::size_t flags_at = 3, fixed_bytes = 10;

  // False when the byte cannot stand where it stands.
  bool step(std::uint8_t byte) noexcept {
    const std::size_t index = index_++;
    switch (part_) {
      case Part::fixed:
        if (index == flags_at) flags_ = byte;
        if (index + 1 == fixed_bytes) enter(Part::extra_size);
        return (flags_ & reserved) == 0;
      case Part::extra_size:
        number_ |= static_cast<std::uint32_t>(byte) << (8 * index);
        if (index == 1) enter(number_ > 0 ? Part::extra : Part::name);
        return true;
      case Part::extra:
        if (index + 1 == number_) enter(Part::name);
        return true;
      case Part::name:
        if (byte == 0) enter(Part::comment);
        return true;
      case Part::comment:
        if (byte == 0) enter(Part::crc);
        return true;
      case Part::crc:
        if (byte != (crc_ >> (8 * index) & 0xff)) return false;
        if (index == 1) part_ = Part::deflated;
        return true;
      case Part::deflated:
        break;
    }
    return false;
  }

  // Goes to `part`, or to the first one behind it that this header has.
  void enter(Part part) noexcept {
    index_ = 0;
    part_ = part;
    if (part_ == Part::extra_size && (flags_ & has_extra) == 0) part_ = Part::name;
    if (part_ == Part::name && (flags_ & has_name) == 0) part_ = Part::comment;
    if (part_ == Part::comment && (flags_ & has_comment) == 0) part_ = Part::crc;
    if (part_ == Part::crc && (flags_ & has_crc) == 0) part_ = Part::deflated;
  }

  Part part_ = Part::fixed;
  std::uint8_t flags_ = 0;
  std::size_t index_ = 0;     // within the part
  std::uint32_t number_ = 0;  // bytes of the extra field
  std::uint32_t crc_ = 0;
};

}  // namespace hecate
