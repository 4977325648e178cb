// object_file: writes one sample object to disk through fixed buffers.
//
// Text goes in; a file with zero, one or two layers of gzip comes out. The inner layer can be cut
// into members that lie back to back, as Firehose leaves them. Memory does not depend on the
// object's size: zlib streams, and every buffer has a fixed length. zlib rather than a faster
// library, because the archives of the world were written by zlib, mostly at level 6, and a
// reader's speed depends on that. Headers carry no time, so equal text gives equal bytes.
//
// Errors stick: append() never fails by itself; failed() and close() tell.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "pipeline/result.h"

namespace hecate::generate {

/// How an object is packed.
struct Packing {
  int layers = 1;  ///< of gzip: 0, 1 or 2
  int level = 6;   ///< of zlib: 1 to 9
};

class ObjectFile {
 public:
  ObjectFile(std::filesystem::path path, const Packing& packing);
  ~ObjectFile();
  ObjectFile(const ObjectFile&) = delete;
  ObjectFile& operator=(const ObjectFile&) = delete;

  /// Adds text. Does nothing after a failure.
  void append(std::string_view text);

  /// Ends the current gzip member; the next text begins another. Never makes an empty member.
  void cut_member();

  /// True once writing went wrong; close() says how.
  [[nodiscard]] bool failed() const noexcept;

  /// Flushes everything, sets the file's modification time, and closes it.
  Status close(std::int64_t modified_ms);

  /// Bytes of text so far, and bytes on disk; the latter is final after close().
  [[nodiscard]] std::uint64_t bytes_uncompressed() const noexcept { return bytes_uncompressed_; }
  [[nodiscard]] std::uint64_t bytes_compressed() const noexcept;

 private:
  class Writer;
  class DiskWriter;
  class GzipWriter;

  std::unique_ptr<DiskWriter> disk_;
  std::unique_ptr<GzipWriter> outer_;  // only with two layers
  std::unique_ptr<GzipWriter> inner_;  // only with at least one
  Writer* first_ = nullptr;            // where text enters
  std::uint64_t bytes_uncompressed_ = 0;
};

}  // namespace hecate::generate
