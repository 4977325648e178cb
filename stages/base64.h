// base64: reads what a transport wrapped in base64, a piece at a time.
//
// CloudWatch, Firehose and Lambda carry bytes inside JSON this way. Strict: the standard alphabet,
// padded, nothing in between. Takes no memory for what it decodes. Encodes nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "pipeline/io.h"

namespace hecate {

class Base64Reader final : public ByteReader {
 public:
  /// Starts on `text`, which outlives the reading of it. Errc::bad_document when its length or its
  /// padding is wrong.
  Status open(std::string_view text);
  /// Errc::bad_document at a byte that does not belong there.
  Result<std::size_t> read(std::span<char> into) override;

 private:
  static constexpr std::size_t chunk_chars = 4096;

  Status decode_chunk();

  std::string_view text_;
  std::size_t taken_ = 0;  // characters
  std::array<unsigned char, chunk_chars / 4 * 3> chunk_{};
  std::size_t chunk_size_ = 0;
  std::size_t chunk_used_ = 0;
};

}  // namespace hecate
