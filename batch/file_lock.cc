#include "batch/file_lock.h"

#include <array>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

namespace hecate {
namespace {

/// "process 1234" as the holder wrote it; vague when it has not got round to it yet.
std::string holder(int fd) {
  std::array<char, 24> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  long pid = 0;
  if (size > 0 && std::from_chars(text.data(), text.data() + size, pid).ec == std::errc{})
    return fmt::format("process {}", pid);
  return "another process";
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& path, const std::string& guarded) {
  FileDescriptor file = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!file.is_open())
    return fail(Errc::storage,
                fmt::format("{}: cannot open lock file: {}", path, errno_text(errno)));
  int locked = 0;
  do {
    locked = ::flock(file.get(), LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0 && errno == EWOULDBLOCK)
    return fail(Errc::locked, fmt::format("{}: in use by {}; wait for it to end, or stop it",
                                          guarded, holder(file.get())));
  if (locked != 0)
    return fail(Errc::storage, fmt::format("{}: cannot lock: {}", path, errno_text(errno)));
  // The process id is a courtesy to whoever is refused; on a full disk the lock holds without it.
  if (::ftruncate(file.get(), 0) == 0) write_all(file.get(), fmt::format("{}\n", ::getpid()));
  return FileLock(std::move(file));
}

}  // namespace hecate
