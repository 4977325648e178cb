// gzip_body: compresses request bodies.
//
// ISA-L at level 1: two to three times faster than the usual libraries at nearly their ratio, and
// the level at which compression costs less than sending the bytes. One object per connection; its
// memory is reused. Cannot fail: the output is reserved for the worst case.
#pragma once

#include <memory>
#include <string_view>

#include "pipeline/buffer.h"

namespace hecate {

class GzipBody {
 public:
  GzipBody();
  ~GzipBody();
  GzipBody(const GzipBody&) = delete;
  GzipBody& operator=(const GzipBody&) = delete;

  /// `body` as one gzip member, valid until the next call. At most body_bytes_max bytes.
  std::string_view compress(std::string_view body);

  static constexpr std::size_t body_bytes_max = std::size_t{1} << 30;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  Buffer level_memory_;
  Buffer output_;
};

}  // namespace hecate
