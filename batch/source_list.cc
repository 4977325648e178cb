#include "batch/source_list.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hecate {
namespace {

constexpr std::size_t line_bytes_max = 16 * 1024;  // four times the longest path
constexpr std::size_t read_bytes = 64 * 1024;

Error unreadable(const std::string& path, const std::string& why) {
  return {Errc::usage, fmt::format("@{}: cannot read this list of sources: {}", path, why)};
}

}  // namespace

Result<SourceList> SourceList::open(const std::string& path) {
  FileDescriptor file = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0)
    return fail(unreadable(path, errno_text(errno)));
  // It is read twice, once to check it, which a pipe does not allow.
  if (!S_ISREG(info.st_mode)) return fail(unreadable(path, "not a file"));
  return SourceList(path, std::move(file));
}

/// False at the end of the file.
Result<bool> SourceList::read_line(std::string& line) {
  line.clear();
  for (bool ended = false;;) {
    const std::size_t end = buffer_.find('\n', at_);
    if (end != std::string::npos || (ended && at_ < buffer_.size())) {
      line.assign(buffer_, at_, end == std::string::npos ? end : end - at_);
      at_ = end == std::string::npos ? buffer_.size() : end + 1;
      ++line_;
      return true;
    }
    if (ended) return false;
    buffer_.erase(0, at_);
    at_ = 0;
    if (buffer_.size() > line_bytes_max)
      return fail(unreadable(path_, fmt::format("line {} is longer than any path", line_ + 1)));
    const std::size_t before = buffer_.size();
    buffer_.resize(before + read_bytes);
    ssize_t size = 0;
    do {
      size = ::read(file_.get(), buffer_.data() + before, read_bytes);
    } while (size < 0 && errno == EINTR);
    buffer_.resize(before + static_cast<std::size_t>(size < 0 ? 0 : size));
    if (size < 0) return fail(unreadable(path_, errno_text(errno)));
    ended = size == 0;
  }
}

Result<std::optional<std::string>> SourceList::next() {
  std::string line;
  for (;;) {
    Result<bool> more = read_line(line);
    if (!more) return fail(std::move(more.error()));
    if (!*more) return std::optional<std::string>();
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos || line[first] == '#') continue;
    return std::optional<std::string>(std::move(line));
  }
}

}  // namespace hecate
