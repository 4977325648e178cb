#include "batch/file_store.h"

#include <cerrno>
#include <chrono>
#include <string_view>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "batch/posix_file.h"

namespace hecate {
namespace {

constexpr std::string_view stream_prefix = "stream-";
/// How soon a stop request is noticed by whoever waits for a stream.
constexpr int stop_poll_ms = 100;

Error failure(const std::string& uri, const char* what, int error_number) {
  Errc code = Errc::bad_object;
  if (error_number == ENOENT || error_number == ENOTDIR || error_number == ESTALE)
    code = Errc::not_found;
  else if (error_number == EACCES || error_number == EPERM)
    code = Errc::denied;
  else if (error_number == EMFILE || error_number == ENFILE || error_number == ENOMEM)
    code = Errc::transient;
  return {code, fmt::format("{}: {}: {}", uri, what, errno_text(error_number))};
}

class FileReader final : public ByteReader {
 public:
  FileReader(std::string uri, FileDescriptor file) : uri_(std::move(uri)), file_(std::move(file)) {}

  Result<std::size_t> read(std::span<char> into) override {
    for (;;) {
      const ssize_t size = ::read(file_.get(), into.data(), into.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) return fail(failure(uri_, "cannot read", errno));
    }
  }

 private:
  std::string uri_;
  FileDescriptor file_;
};

/// Waits before it reads, so that neither a silent writer nor one that never comes holds up a stop.
class StreamReader final : public ByteReader {
 public:
  StreamReader(std::string uri, FileDescriptor stream, std::function<bool()> stopped)
      : uri_(std::move(uri)), stream_(std::move(stream)), stopped_(std::move(stopped)) {}

  Result<std::size_t> read(std::span<char> into) override {
    for (;;) {
      pollfd waiting{.fd = stream_.get(), .events = POLLIN, .revents = 0};
      const int ready = ::poll(&waiting, 1, stop_poll_ms);
      if (stopped_ && stopped_())
        return fail(Errc::interrupted, fmt::format("{}: stopped while reading", uri_));
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      if (ready < 0) return fail(failure(uri_, "cannot wait for input", errno));
      const ssize_t size = ::read(stream_.get(), into.data(), into.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR && errno != EAGAIN) return fail(failure(uri_, "cannot read", errno));
    }
  }

 private:
  std::string uri_;
  FileDescriptor stream_;
  std::function<bool()> stopped_;
};

}  // namespace

std::string file_identity(const struct stat& info) {
  // Text, because nanoseconds of far-off times would overflow any integer at hand.
  return fmt::format("{}-{}{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

std::int64_t file_modified_ms(const struct stat& info) {
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

std::string stream_identity() {
  return fmt::format("{}{}-{}", stream_prefix,
                     std::chrono::system_clock::now().time_since_epoch().count(), ::getpid());
}

bool is_stream(const Envelope& object) {
  return object.identity.starts_with(stream_prefix);
}

Result<std::unique_ptr<ByteReader>> FileStore::open(const Envelope& object) {
  // A FIFO opened without O_NONBLOCK would wait for its writer where no stop request is heard.
  FileDescriptor file = object.uri == "-"
                            ? FileDescriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0))
                            : open_file(object.uri, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) return fail(failure(object.uri, "cannot open", errno));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return fail(failure(object.uri, "cannot open", errno));
  if (S_ISDIR(info.st_mode)) return fail(failure(object.uri, "cannot read", EISDIR));
  if (!S_ISREG(info.st_mode))
    return std::make_unique<StreamReader>(object.uri, std::move(file), stopped_);
  if (!object.identity.empty() && object.identity != file_identity(info))
    return fail(Errc::transient,
                fmt::format("{}: changed since it was listed; run again to read it as it is now",
                            object.uri));
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: no harm when not taken
  return std::make_unique<FileReader>(object.uri, std::move(file));
}

}  // namespace hecate
