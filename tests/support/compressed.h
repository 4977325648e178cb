// compressed: gzip members and zstd frames made by other code than what reads them.
//
// zlib and zstd compress; the gzip wrapper is put together here, so that every field of it can be
// chosen, or wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>
#include <zstd.h>

namespace hecate {

/// The optional parts of a gzip header (RFC 1952).
struct GzipFields {
  static constexpr std::uint8_t text = 1, header_crc = 2, extra = 4, name = 8, comment = 16;
  std::uint8_t flags = 0;
  std::string extra_bytes, name_text, comment_text;  ///< used when their flag is set
  std::uint32_t modified = 0;
};

inline std::string little_endian(std::uint32_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

inline std::uint32_t crc32_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

inline std::string gzip_header(const GzipFields& fields = {}) {
  std::string out("\x1f\x8b\x08", 3);
  out += static_cast<char>(fields.flags);
  out += little_endian(fields.modified, 4) + std::string("\0\xff", 2);
  if ((fields.flags & GzipFields::extra) != 0) {
    out += little_endian(static_cast<std::uint32_t>(fields.extra_bytes.size()), 2);
    out += fields.extra_bytes;
  }
  if ((fields.flags & GzipFields::name) != 0) out += fields.name_text + '\0';
  if ((fields.flags & GzipFields::comment) != 0) out += fields.comment_text + '\0';
  if ((fields.flags & GzipFields::header_crc) != 0) out += little_endian(crc32_of(out), 2);
  return out;
}

inline std::string gzip_trailer(std::string_view text) {
  return little_endian(crc32_of(text), 4) +
         little_endian(static_cast<std::uint32_t>(text.size()), 4);
}

/// A raw deflate stream. Level 0 stores; strategies are zlib's.
inline std::string deflated(std::string_view text, int level = 6,
                            int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, -15, 8, strategy);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

inline std::string gzip_member(std::string_view text, int level = 6,
                               int strategy = Z_DEFAULT_STRATEGY, const GzipFields& fields = {}) {
  return gzip_header(fields) + deflated(text, level, strategy) + gzip_trailer(text);
}

/// A frame with a checksum, as the command line tool writes them.
inline std::string zstd_frame(std::string_view text, int level = 3) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace hecate
