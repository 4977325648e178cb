#include "stages/local_sink.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/limits.h"

namespace hecate {
namespace {

std::string system_text(int error) {
  return std::system_category().message(error);
}

/// Length of the file up to and with its last newline; -1 when it cannot be read.
off_t whole_lines_size(int fd, off_t size) {
  std::array<char, 64 * limits::kib> chunk;
  off_t end = size;
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(chunk.size()));
    const ssize_t got = ::pread(fd, chunk.data(), static_cast<std::size_t>(end - begin), begin);
    if (got < 0 && errno == EINTR) continue;
    if (got != end - begin) return -1;
    const auto* newline =
        static_cast<const char*>(::memrchr(chunk.data(), '\n', static_cast<std::size_t>(got)));
    if (newline != nullptr) return begin + (newline - chunk.data()) + 1;
    end = begin;
  }
  return 0;
}

}  // namespace

LocalSink::LocalSink(Kind kind, int fd, std::string name, Ledger& ledger, RequestPool& pool)
    : kind_(kind), fd_(fd), name_(std::move(name)), ledger_(ledger), pool_(pool) {
  struct stat info {};
  regular_ = fd_ >= 0 && ::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode);
}

LocalSink::~LocalSink() {
  if (kind_ == Kind::file) ::close(fd_);
}

Result<std::unique_ptr<LocalSink>> LocalSink::open_file(const std::string& path, Ledger& ledger,
                                                        RequestPool& pool) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(Errc::storage, path + ": cannot be opened for writing: " + system_text(errno) +
                                   "; choose another output or change its permissions");
  }
  std::unique_ptr<LocalSink> sink(new LocalSink(Kind::file, fd, path, ledger, pool));
  if (!sink->regular_) return sink;
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const off_t whole = size < 0 ? -1 : whole_lines_size(fd, size);
  if (whole < 0 || (whole < size && ::ftruncate(fd, whole) != 0)) {
    return fail(Errc::storage, path + ": the incomplete last line cannot be removed: " +
                                   system_text(errno) + "; move the file away");
  }
  return sink;
}

std::unique_ptr<LocalSink> LocalSink::standard_output(Ledger& ledger, RequestPool& pool, int fd) {
  return std::unique_ptr<LocalSink>(
      new LocalSink(Kind::standard_output, fd, "standard output", ledger, pool));
}

std::unique_ptr<LocalSink> LocalSink::null(Ledger& ledger, RequestPool& pool) {
  return std::unique_ptr<LocalSink>(new LocalSink(Kind::null, -1, "null:", ledger, pool));
}

Error LocalSink::write_error(int error) const {
  if (error == EPIPE) {
    return {Errc::storage, "the reader of " + name_ + " went away; run the same command again"};
  }
  const std::string_view advice = error == ENOSPC || error == EDQUOT || error == EFBIG
                                      ? "; make room and run the same command again to go on"
                                      : "; run the same command again once this is mended";
  return {Errc::storage,
          name_ + ": cannot be written: " + system_text(error) + std::string(advice)};
}

Status LocalSink::write_whole(std::string_view bytes) {
  const off_t before = regular_ ? ::lseek(fd_, 0, SEEK_END) : -1;
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN) {  // a pipe that somebody made non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
      continue;
    }
    // The request will be written again as a whole: keep no part of it. When that fails too, the
    // incomplete line at least is removed by the next run.
    if (kind_ == Kind::file && before >= 0) (void)!::ftruncate(fd_, before);
    return fail(write_error(error));
  }
  return {};
}

Status LocalSink::submit(std::unique_ptr<Request> request) {
  Status status;
  if (kind_ != Kind::null) {
    const std::scoped_lock lock(mutex_);
    status = write_whole(request->body.view());
  }
  if (status) {
    status = ledger_.settle(*request, DeliveryAuthority::prove(request->events.size()), {}, {});
  }
  pool_.give_back(std::move(request));
  return status;
}

Status LocalSink::drain() {
  if (!regular_) return {};
  if (::fdatasync(fd_) != 0) return fail(write_error(errno));
  return {};
}

}  // namespace hecate
