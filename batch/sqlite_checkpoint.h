// sqlite_checkpoint: the checkpoint of a backfill, in one SQLite file.
//
// What is guaranteed. A save is a transaction in the write-ahead log: once it returned, it survives
// kill -9, because the kernel has the bytes. Commits are not synced one by one
// (synchronous=NORMAL), so a power loss may take back the last of them; the log is checksummed, so
// what remains is an earlier state, never a mixed one. An earlier state only repeats requests, with
// the same event ids; it cannot lose events. A file that is damaged, foreign or from another job is
// refused with what to do: it is never taken for a new one. One run at a time holds the file
// (file_lock.h).
//
// Memory does not grow with the number of objects. Calls are to be serialised, as the ledger does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "batch/checkpoint_schema.h"
#include "batch/file_lock.h"
#include "batch/sqlite.h"
#include "pipeline/checkpoint.h"

namespace hecate {

class SqliteCheckpoint final : public CheckpointStore {
 public:
  enum class Start {
    resume,  ///< go on from the file, or create it when there is none
    fresh,   ///< throw away what the file holds, once the lock is taken
  };
  /// What the checkpoint knows when a run begins.
  struct Run {
    std::uint64_t number = 1;         ///< this run, counted from 1
    bool earlier_unfinished = false;  ///< the run before did not finish: this one goes on from it
    std::uint64_t dead_letters_open = 0;  ///< written by unfinished runs: this run exits 1 for them
  };

  /// Takes the lock, then reads and checks the whole file, and only then may write. Folders that
  /// are missing are created (0700), the file is for its owner only (0600).
  static Result<std::unique_ptr<SqliteCheckpoint>> open(const std::string& path,
                                                        const CheckpointJob& job, Start start,
                                                        std::int64_t now_ms);
  ~SqliteCheckpoint() override;

  Result<std::optional<ObjectState>> load(std::string_view uri, std::string_view identity) override;
  Status save(std::span<const ObjectState> states) override;

  /// Notes that a run has begun.
  Result<Run> begin_run(std::int64_t now_ms);
  /// Notes that the run got through (exit status 0 or 1): its dead letters are dealt with.
  Status finish_run(std::int64_t now_ms);
  /// Dead letters since a run last finished, those of this run included.
  Result<std::uint64_t> dead_letters_open();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  SqliteCheckpoint(std::string path, FileLock lock) noexcept
      : path_(std::move(path)), lock_(std::move(lock)) {}
  Status read_and_check(const CheckpointJob& job);
  Status prepare_statements();
  Status save_job();
  Status save_all(std::span<const ObjectState> states);
  Result<std::int64_t> dead_letters();

  std::string path_;
  FileLock lock_;  // goes last
  SqliteDatabase database_;
  SqliteStatement load_, save_, save_job_, begin_, commit_, rollback_;
  checkpoint_schema::JobRow job_;
  std::int64_t saved_ = 0;  // order of the last row saved
  bool writable_ = false;   // read, checked, and in write-ahead mode
};

}  // namespace hecate
