#include "batch/posix_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hecate {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  // What must reach the disk is synced before; an error of close() would come too late anyway.
  if (fd_ >= 0) ::close(fd_);
}

std::string errno_text(int error_number) {
  return std::generic_category().message(error_number);
}

FileDescriptor open_file(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return FileDescriptor(fd);
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Status make_folders(const std::string& path) {
  // From the top down, one at a time: only what is created here gets the narrow mode.
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error_number = errno;
      struct stat info {};
      // mkdir may answer EROFS or EACCES for a folder that exists.
      if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
        return fail(Errc::storage,
                    fmt::format("{}: cannot create folder: {}", folder, errno_text(error_number)));
    }
    if (slash == std::string::npos) break;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    return fail(Errc::storage, fmt::format("{}: is in the way: a folder is needed there", path));
  return {};
}

Status sync_folder(const std::string& path) {
  const FileDescriptor folder = open_file(path, O_RDONLY | O_DIRECTORY);
  // EINVAL: a file system that cannot sync folders; there is nothing more to be done on it.
  if (!folder.is_open() || (::fsync(folder.get()) != 0 && errno != EINVAL))
    return fail(Errc::storage, fmt::format("{}: cannot sync folder: {}", path, errno_text(errno)));
  return {};
}

Status create_private_file(const std::string& path) {
  if (!open_file(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600).is_open())
    return fail(Errc::storage, fmt::format("{}: cannot create: {}", path, errno_text(errno)));
  return {};
}

std::string parent_folder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string absolute_path(std::string_view path, std::string_view working_folder) {
  std::filesystem::path whole(path);
  if (!whole.is_absolute()) whole = std::filesystem::path(working_folder) / whole;
  std::string normal = whole.lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

Result<std::string> current_folder() {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::current_path(error);
  if (error)
    return fail(Errc::usage,
                fmt::format("cannot tell the current folder: {}; change to another one, or give "
                            "absolute paths",
                            error.message()));
  return folder.string();
}

}  // namespace hecate
