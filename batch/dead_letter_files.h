// dead_letter_files: dead letters as lines in a file of the run, safe before anything moves on.
//
// Each run writes a file of its own (dead-letters-<UTC time>-<pid>.ndjson), created with its first
// letter, so a run without dead letters leaves nothing behind. A letter is written and synced
// before write() returns; letters that come in at the same time share one write and one sync. After
// a failure nothing more is written: half a line is cut off again, and every later call fails too,
// because a run that cannot write its dead letters must stop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "batch/posix_file.h"
#include "pipeline/dead_letter.h"

namespace hecate {

struct DeadLetterFilesOptions {
  std::string folder;             ///< created (0700) with the first letter
  std::int64_t run_begun_ms = 0;  ///< names the file
  std::uint64_t bytes_max = 0;    ///< of the file; a letter past it fails; 0: no bound
};

/// Where dead letters go when nothing is said: beside the checkpoint, or in the current folder.
std::string default_dead_letter_folder(std::string_view checkpoint_path);

class DeadLetterFiles final : public DeadLetterStore {
 public:
  explicit DeadLetterFiles(DeadLetterFilesOptions options) : options_(std::move(options)) {}

  /// Letters that are safe.
  [[nodiscard]] std::uint64_t letters() const;
  /// The file, once there is one; empty before.
  [[nodiscard]] std::string path() const;

 private:
  Status append_flushed(const DeadLetter& letter) override;
  Status write_and_sync(const std::string& lines);
  Status create();
  Status failure(const char* what, int error_number) const;

  const DeadLetterFilesOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable flushed_;
  std::string waiting_;                // lines not yet being written
  std::uint64_t letters_taken_ = 0;    // put into `waiting_` so far
  std::uint64_t letters_flushed_ = 0;  // safe so far
  bool writing_ = false;               // a thread is writing for all who wait
  std::optional<Error> error_;         // the first failure; final
  std::string path_;

  // Only the writing thread touches these.
  FileDescriptor file_;
  std::uint64_t file_bytes_ = 0;
  std::string lines_;
};

}  // namespace hecate
