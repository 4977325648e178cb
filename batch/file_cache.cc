#include "batch/file_cache.h"

#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/limits.h"

namespace hecate {
namespace {

constexpr std::size_t file_bytes_max = 256 * limits::mib;

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : fd_(::open(path.c_str(), flags, 0600)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

// Whoever can write the file could have any pattern reported: only our own files are believed.
bool is_ours(const struct stat& info) {
  return S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && (info.st_mode & 022) == 0;
}

}  // namespace

FileCache::FileCache(const Environment& environment) {
  if (const auto cache = environment("XDG_CACHE_HOME"); cache && cache->front() == '/') {
    folder_ = *cache + "/hecate";
  } else if (const auto home = environment("HOME")) {
    folder_ = *home + "/.cache/hecate";
  }
}

std::optional<std::string> FileCache::load(std::string_view key) {
  if (folder_.empty()) return std::nullopt;
  const OpenFile file(fmt::format("{}/{}", folder_, key), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat info {};
  if (file.fd() < 0 || ::fstat(file.fd(), &info) != 0 || !is_ours(info)) return std::nullopt;
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0 || size > file_bytes_max) return std::nullopt;
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.fd(), bytes.data() + done, size - done);
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void FileCache::store(std::string_view key, std::string_view bytes) {
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(folder_, ignored);
  ::chmod(folder_.c_str(), 0700);
  const std::string path = fmt::format("{}/{}", folder_, key);
  const std::string partial = fmt::format("{}.{}", path, ::getpid());
  {
    const OpenFile file(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW);
    if (file.fd() < 0) return;
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.fd(), bytes.data(), bytes.size());
      if (put <= 0) {
        ::unlink(partial.c_str());
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  // Whole or not at all: a reader never sees a part.
  if (std::rename(partial.c_str(), path.c_str()) != 0) ::unlink(partial.c_str());
}

}  // namespace hecate
