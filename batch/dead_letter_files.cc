#include "batch/dead_letter_files.h"

#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "stages/dead_letter_record.h"

namespace hecate {
namespace {

/// Files of one second and one process id: a guard against clocks that stand still.
constexpr int names_max = 1000;

std::string compact_utc(std::int64_t epoch_ms) {
  using namespace std::chrono;
  const auto time = floor<seconds>(sys_time<milliseconds>(milliseconds(epoch_ms)));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

std::string default_dead_letter_folder(std::string_view checkpoint_path) {
  if (checkpoint_path.empty()) return "./hecate-dead-letters";
  return std::string(checkpoint_path) + ".dead-letters";
}

std::uint64_t DeadLetterFiles::letters() const {
  const std::lock_guard lock(mutex_);
  return letters_flushed_;
}

std::string DeadLetterFiles::path() const {
  const std::lock_guard lock(mutex_);
  return path_;
}

Status DeadLetterFiles::append_flushed(const DeadLetter& letter) {
  std::string line;
  append_dead_letter(line, letter);

  std::unique_lock lock(mutex_);
  if (error_) return fail(*error_);
  waiting_ += line;
  const std::uint64_t mine = ++letters_taken_;
  for (;;) {
    if (letters_flushed_ >= mine) return {};
    if (error_) return fail(*error_);
    if (writing_) {
      flushed_.wait(lock);
      continue;
    }
    // Nobody writes: this thread does, for itself and for all who came before it.
    writing_ = true;
    lines_.clear();
    lines_.swap(waiting_);
    const std::uint64_t taken = letters_taken_;
    lock.unlock();
    Status written = write_and_sync(lines_);
    lock.lock();
    writing_ = false;
    if (written)
      letters_flushed_ = taken;
    else
      error_ = std::move(written.error());
    flushed_.notify_all();
  }
}

Status DeadLetterFiles::write_and_sync(const std::string& lines) {
  if (options_.bytes_max != 0 && file_bytes_ + lines.size() > options_.bytes_max)
    return fail(Errc::storage,
                fmt::format("{}: dead letters would take more than {} bytes; find out why there "
                            "are so many, or allow more",
                            options_.folder, options_.bytes_max));
  if (!file_.is_open()) {
    if (Status created = create(); !created) return created;
  }
  if (const int error_number = write_all(file_.get(), lines); error_number != 0) {
    // Half a line must not stay; when it does after all, the reader tells it from a whole one.
    if (::ftruncate(file_.get(), static_cast<off_t>(file_bytes_)) == 0) ::fdatasync(file_.get());
    return failure("cannot write", error_number);
  }
  if (::fdatasync(file_.get()) != 0) return failure("cannot sync", errno);
  file_bytes_ += lines.size();
  return {};
}

Status DeadLetterFiles::create() {
  if (Status made = make_folders(options_.folder); !made) return made;
  const std::string base = fmt::format("{}/dead-letters-{}-{}", options_.folder,
                                       compact_utc(options_.run_begun_ms), ::getpid());
  for (int i = 0; i < names_max && !file_.is_open(); ++i) {
    const std::string name = i == 0 ? base + ".ndjson" : fmt::format("{}-{}.ndjson", base, i);
    file_ = open_file(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0600);
    if (!file_.is_open() && errno != EEXIST) return failure("cannot create a file", errno);
    const std::lock_guard lock(mutex_);
    path_ = name;
  }
  if (!file_.is_open()) return failure("cannot create a file", EEXIST);
  return sync_folder(options_.folder);
}

Status DeadLetterFiles::failure(const char* what, int error_number) const {
  return fail(Errc::storage,
              fmt::format("{}: {} for dead letters: {}; make room or name another place with "
                          "--dead-letter, then run again to go on",
                          options_.folder, what, errno_text(error_number)));
}

}  // namespace hecate
