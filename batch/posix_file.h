// posix_file: the few system calls on files that the modules of this folder share.
//
// std::fstream hides errno, knows neither O_CLOEXEC nor fsync, and cannot create a file that only
// its owner may read; that is why these exist. They translate errno into an Error once, with the
// path and a reason. No buffering, no policy.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

#include "pipeline/result.h"

namespace hecate {

/// Owns an open file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The words for an errno value ("No space left on device").
std::string errno_text(int error_number);

/// Opens a file, close-on-exec, through interruptions; on failure closed, and errno says why.
FileDescriptor open_file(const std::string& path, int flags, mode_t mode = 0600);

/// Writes all of `bytes`; 0, or the errno of the write that failed.
int write_all(int fd, std::string_view bytes);

/// Creates `path` and the folders above it that are missing, for their owner only (0700).
Status make_folders(const std::string& path);

/// Makes the names in a folder survive a power loss.
Status sync_folder(const std::string& path);

/// Creates a file that must not exist yet (0600), empty.
Status create_private_file(const std::string& path);

/// The folder that holds `path`: "/" of "/a", "." of "a".
std::string parent_folder(std::string_view path);

/// `path` made absolute against `working_folder`, without ".", ".." and "/" at its end. Symbolic
/// links stay as they are.
std::string absolute_path(std::string_view path, std::string_view working_folder);

/// The folder this process works in.
Result<std::string> current_folder();

}  // namespace hecate
