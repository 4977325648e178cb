// request_body: undoes the Content-Encoding of a request, within a bound.
//
// Only gzip exists for HEC: any number of concatenated members, each with its checksum verified.
// The output never grows past the body limit, so a small bomb costs at most that much; how large
// to make it is guessed from the size in the trailer and doubled where the guess was short.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "receive/padded_bytes.h"

struct libdeflate_decompressor;

namespace hecate::receive {

enum class BodyVerdict {
  ok,
  unsupported,  ///< an encoding splunkd does not know: 415
  broken,       ///< not gzip, truncated, or a wrong checksum: code 6
  too_large,    ///< 413
};

class BodyDecoder {
 public:
  BodyDecoder();

  /// Whether `encoding` (a Content-Encoding value) means that the body is sent as it is.
  static bool is_plain(std::string_view encoding) noexcept;
  static bool is_gzip(std::string_view encoding) noexcept;

  /// Decompresses all of `wire` into `plain`, at most `bytes_max` of it.
  BodyVerdict gunzip(std::string_view wire, size_t bytes_max, PaddedBytes& plain) const;

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const noexcept;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
};

}  // namespace hecate::receive
