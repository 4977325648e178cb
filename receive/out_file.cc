#include "receive/out_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace hecate::receive {

OutFile::~OutFile() {
  if (fd_ >= 0) close(fd_);
}

Status OutFile::open(const std::string& path) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ >= 0) return {};
  return fail(Errc::usage, fmt::format("{}: cannot be written: {}; give --out a writable path",
                                       path, std::generic_category().message(errno)));
}

bool OutFile::append(std::string_view lines) {
  if (fd_ < 0 || lines.empty()) return true;
  const std::lock_guard lock(mutex_);
  size_t written = 0;
  while (written < lines.size()) {
    const ssize_t count = write(fd_, lines.data() + written, lines.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<size_t>(count);
  }
  if (written == lines.size()) return true;
  const off_t end = lseek(fd_, 0, SEEK_END);
  // Where taking back fails too (a pipe, say), the failure is still reported to the client.
  if (written > 0 && end >= 0 && ftruncate(fd_, end - static_cast<off_t>(written)) != 0)
    return false;
  return false;
}

}  // namespace hecate::receive
