#include "stages/gzip_body.h"

#include <isa-l/igzip_lib.h>

#include "pipeline/check.h"

namespace hecate {
namespace {

/// The most that `bytes` can grow to: stored blocks of 64 KiB with their headers, the gzip header
/// and trailer, and slack for a compressor that wants room before it falls back to storing.
constexpr std::size_t compressed_bytes_max(std::size_t bytes) {
  return bytes + bytes / 64 + 4 * limits::kib;
}

}  // namespace

struct GzipBody::Stream {
  isal_zstream z{};
};

GzipBody::GzipBody() : stream_(std::make_unique<Stream>()), level_memory_(ISAL_DEF_LVL1_DEFAULT) {
}
GzipBody::~GzipBody() = default;

std::string_view GzipBody::compress(std::string_view body) {
  check(body.size() <= body_bytes_max, "a body to be compressed is bounded");
  output_.clear();
  output_.reserve(compressed_bytes_max(body.size()));
  isal_zstream& z = stream_->z;
  isal_deflate_stateless_init(&z);
  z.level = 1;
  z.level_buf = reinterpret_cast<std::uint8_t*>(level_memory_.data());
  z.level_buf_size = static_cast<std::uint32_t>(level_memory_.capacity());
  z.gzip_flag = IGZIP_GZIP;
  z.end_of_stream = 1;
  z.flush = NO_FLUSH;
  // The C interface lacks const; the input is only read.
  z.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(body.data()));
  z.avail_in = static_cast<std::uint32_t>(body.size());
  z.next_out = reinterpret_cast<std::uint8_t*>(output_.data());
  z.avail_out = static_cast<std::uint32_t>(output_.capacity());
  check(isal_deflate_stateless(&z) == COMP_OK && z.avail_in == 0,
        "a body fits the output that was reserved for it");
  output_.set_size(z.total_out);
  return output_.view();
}

}  // namespace hecate
