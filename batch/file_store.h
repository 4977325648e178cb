// file_store: opens files, pipes and standard input for reading.
//
// Reads go straight into the caller's memory, in whatever pieces it asks for. Regular files are
// read with the kernel told that it is from front to back; streams are waited for in a way that a
// stop request ends. Knows nothing of formats.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <sys/stat.h>

#include "pipeline/io.h"

namespace hecate {

/// "<size>-<mtime in ns>": another content, another identity.
std::string file_identity(const struct stat& info);
/// Modification time in epoch milliseconds.
std::int64_t file_modified_ms(const struct stat& info);

/// An identity no other stream has: what comes out of a pipe is never known to be the same again,
/// so it must not be taken for something that was delivered before.
std::string stream_identity();
/// Whether the object is a stream: read once, not to be resumed.
bool is_stream(const Envelope& object);

class FileStore final : public ObjectStore {
 public:
  /// `stopped` ends waiting for a stream with Errc::interrupted; may be null. Called from the
  /// reading threads.
  explicit FileStore(std::function<bool()> stopped = {}) : stopped_(std::move(stopped)) {}

  /// Errc::not_found, denied, bad_object; transient when the file is no longer the one that was
  /// listed (it grew, or was replaced): the next run reads it.
  Result<std::unique_ptr<ByteReader>> open(const Envelope& object) override;

 private:
  std::function<bool()> stopped_;
};

}  // namespace hecate
