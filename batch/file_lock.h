// file_lock: at most one process at a time, by a lock the system drops when its holder dies.
//
// A sidecar file with the holder's process id inside, locked with flock(2). The file stays when the
// lock goes: removing it would let two processes lock two files of one name. Not a lock between the
// threads of one process.
#pragma once

#include <string>

#include "batch/posix_file.h"
#include "pipeline/result.h"

namespace hecate {

class FileLock {
 public:
  /// Takes the lock at once or not at all: Errc::locked, naming the holder, when another process
  /// has it. `guarded` is what the lock protects, for the message.
  static Result<FileLock> acquire(const std::string& path, const std::string& guarded);

 private:
  explicit FileLock(FileDescriptor file) noexcept : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace hecate
