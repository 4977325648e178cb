// object_file: see the header. A chain of writers: text -> [gzip ->] [gzip ->] disk.
#include "generate/object_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "pipeline/check.h"

namespace hecate::generate {
namespace {

constexpr std::size_t disk_buffer_bytes = 256 * 1024;
constexpr std::size_t gzip_buffer_bytes = 64 * 1024;

}  // namespace

class ObjectFile::Writer {
 public:
  Writer() = default;
  virtual ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  virtual void write(std::string_view bytes) = 0;
};

class ObjectFile::DiskWriter final : public Writer {
 public:
  explicit DiskWriter(std::filesystem::path path) : path_(std::move(path)) {
    buffer_.reserve(disk_buffer_bytes);
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) remember_error("cannot create the file");
  }
  ~DiskWriter() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void write(std::string_view bytes) override {
    while (!bytes.empty() && !failed()) {
      const std::size_t room = disk_buffer_bytes - buffer_.size();
      const std::string_view part = bytes.substr(0, room);
      buffer_ += part;
      bytes.remove_prefix(part.size());
      if (buffer_.size() == disk_buffer_bytes) flush();
    }
  }

  Status close(std::int64_t modified_ms) {
    flush();
    if (!failed()) set_time(modified_ms);
    if (descriptor_ >= 0 && ::close(std::exchange(descriptor_, -1)) != 0)
      remember_error("cannot finish the file");
    if (failed()) return fail(Errc::storage, message_);
    return {};
  }

  [[nodiscard]] bool failed() const noexcept { return !message_.empty(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void flush() {
    std::size_t written = 0;
    while (written < buffer_.size() && !failed()) {
      const ssize_t count =
          ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
      if (count < 0) {
        if (errno != EINTR) remember_error("cannot write");
      } else {
        written += static_cast<std::size_t>(count);
      }
    }
    bytes_ += written;
    buffer_.clear();
  }

  void set_time(std::int64_t modified_ms) {
    const struct timespec at = {modified_ms / 1000, modified_ms % 1000 * 1'000'000};
    const std::array<struct timespec, 2> access_and_change = {at, at};
    if (::futimens(descriptor_, access_and_change.data()) != 0)
      remember_error("cannot set the modification time");
  }

  void remember_error(std::string_view what) {
    if (failed()) return;
    const int reason = errno;
    message_ = fmt::format("{}: {}: {}; check the folder's permissions and free space",
                           path_.string(), what, std::strerror(reason));
  }

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string buffer_;
  std::string message_;
  std::uint64_t bytes_ = 0;
};

class ObjectFile::GzipWriter final : public Writer {
 public:
  GzipWriter(Writer& next, int level) : next_(next), output_(gzip_buffer_bytes) {
    constexpr int gzip_window_bits = 15 + 16;
    constexpr int memory_level = 8;
    const int status = deflateInit2(&stream_, level, Z_DEFLATED, gzip_window_bits, memory_level,
                                    Z_DEFAULT_STRATEGY);
    check(status == Z_OK, "zlib accepts our parameters and finds memory");
  }
  ~GzipWriter() override { deflateEnd(&stream_); }

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, piece_bytes_max);
      deflate_all(part, Z_NO_FLUSH);
      bytes.remove_prefix(part.size());
      in_member_ = true;
    }
    wrote_any_ = wrote_any_ || in_member_;
  }

  void finish_member() {
    if (!in_member_) return;
    end_member();
  }

  /// Ends the file. One that got no text still becomes valid gzip: a single empty member.
  void finish_file() {
    if (in_member_ || !wrote_any_) end_member();
  }

 private:
  static constexpr std::size_t piece_bytes_max = std::size_t{1} << 30;  // zlib counts in 32 bits

  void end_member() {
    deflate_all({}, Z_FINISH);
    check(deflateReset(&stream_) == Z_OK, "a finished gzip member can be followed by another");
    in_member_ = false;
    wrote_any_ = true;
  }

  void deflate_all(std::string_view bytes, int flush) {
    // zlib's interface lacks const; deflate() reads its input only.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
      stream_.avail_out = static_cast<uInt>(output_.size());
      const int status = deflate(&stream_, flush);
      check(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR,
            "deflate is called in a valid order");
      const std::size_t made = output_.size() - stream_.avail_out;
      if (made > 0) next_.write({output_.data(), made});
    } while (stream_.avail_out == 0);
    check(stream_.avail_in == 0, "deflate takes all of its input");
  }

  Writer& next_;
  std::vector<char> output_;
  z_stream stream_{};
  bool in_member_ = false;
  bool wrote_any_ = false;
};

ObjectFile::ObjectFile(std::filesystem::path path, const Packing& packing)
    : disk_(std::make_unique<DiskWriter>(std::move(path))), first_(disk_.get()) {
  check(packing.layers >= 0 && packing.layers <= 2, "an object has zero to two gzip layers");
  if (packing.layers == 2) {
    outer_ = std::make_unique<GzipWriter>(*first_, packing.level);
    first_ = outer_.get();
  }
  if (packing.layers >= 1) {
    inner_ = std::make_unique<GzipWriter>(*first_, packing.level);
    first_ = inner_.get();
  }
}

ObjectFile::~ObjectFile() = default;

void ObjectFile::append(std::string_view text) {
  bytes_uncompressed_ += text.size();
  if (!failed()) first_->write(text);
}

void ObjectFile::cut_member() {
  if (inner_ && !failed()) inner_->finish_member();
}

bool ObjectFile::failed() const noexcept {
  return disk_->failed();
}

Status ObjectFile::close(std::int64_t modified_ms) {
  if (inner_) inner_->finish_file();
  if (outer_) outer_->finish_file();
  return disk_->close(modified_ms);
}

std::uint64_t ObjectFile::bytes_compressed() const noexcept {
  return disk_->bytes();
}

}  // namespace hecate::generate
