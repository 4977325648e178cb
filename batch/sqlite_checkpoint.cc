#include "batch/sqlite_checkpoint.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/posix_file.h"

namespace hecate {
namespace {

namespace schema = checkpoint_schema;

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return fail(Errc::storage, fmt::format("{}: cannot remove: {}", path, errno_text(errno)));
  return {};
}

bool has_bytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

/// Builds the file under another name, so that it appears complete or not at all: an empty file in
/// its place can then only be damage.
Status create_file(const std::string& path, const CheckpointJob& job, std::int64_t now_ms) {
  const std::string draft = path + ".new";
  for (const char* leftover : {"", "-journal"}) {
    if (Status removed = remove_file(draft + leftover); !removed) return removed;
  }
  if (Status made = create_private_file(draft); !made) return made;
  {
    Result<SqliteDatabase> database = SqliteDatabase::open(draft, SqliteDatabase::Mode::read_write);
    if (!database) return fail(std::move(database.error()));
    if (Status made = schema::create(*database, {.job = job, .created_ms = now_ms}); !made)
      return made;
  }
  if (::rename(draft.c_str(), path.c_str()) != 0)
    return fail(Errc::storage, fmt::format("{}: cannot create: {}", path, errno_text(errno)));
  return sync_folder(parent_folder(path));
}

/// Removes a checkpoint, but nothing that is not one: a mistyped name must not cost a file. The
/// file goes before its log: a log without its file is recognised, a file without its log is not.
Status remove_checkpoint(const std::string& path) {
  Status ours = schema::check_file(path);
  if (!ours && ours.error().code != Errc::not_found) return ours;
  for (const char* part : {"", "-wal", "-shm", "-journal"}) {
    if (Status removed = remove_file(path + part); !removed) return removed;
  }
  return sync_folder(parent_folder(path));
}

/// The path without symbolic links: two names of one checkpoint must meet at one lock.
std::string resolved(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

/// The lines of a job in one line of a message, cut to what a person will read.
std::string shown(std::string_view lines) {
  constexpr std::size_t shown_bytes_max = 200;
  std::string out(lines.substr(0, shown_bytes_max));
  std::replace(out.begin(), out.end(), '\n', ' ');
  if (lines.size() > shown_bytes_max) out += "...";
  return out;
}

}  // namespace

Result<std::unique_ptr<SqliteCheckpoint>> SqliteCheckpoint::open(const std::string& given_path,
                                                                 const CheckpointJob& job,
                                                                 Start start, std::int64_t now_ms) {
  if (Status made = make_folders(parent_folder(given_path)); !made)
    return fail(std::move(made.error()));
  const std::string path = resolved(given_path);
  Result<FileLock> lock = FileLock::acquire(path + ".lock", path);
  if (!lock) return fail(std::move(lock.error()));
  if (start == Start::fresh) {
    if (Status removed = remove_checkpoint(path); !removed) return fail(std::move(removed.error()));
  }
  Status ours = schema::check_file(path);
  if (!ours && ours.error().code == Errc::not_found) {
    if (has_bytes(path + "-wal"))
      return fail(schema::damaged(path, "the file is gone, but its write-ahead log is there"));
    ours = create_file(path, job, now_ms);
  }
  if (!ours) return fail(std::move(ours.error()));

  std::unique_ptr<SqliteCheckpoint> checkpoint(
      new SqliteCheckpoint(path, std::move(*lock)));  // the constructor is private
  if (Status sound = checkpoint->read_and_check(job); !sound) return fail(std::move(sound.error()));
  return checkpoint;
}

SqliteCheckpoint::~SqliteCheckpoint() {
  if (!writable_) return;
  for (SqliteStatement* statement : {&load_, &save_, &save_job_, &begin_, &commit_, &rollback_})
    *statement = SqliteStatement();
  // Folds the log into the file, so that one file holds all. When a reader is in the way, or the
  // disk is full, the log simply stays and is read next time.
  static_cast<void>(database_.execute("PRAGMA busy_timeout=0; PRAGMA journal_mode=DELETE"));
}

Status SqliteCheckpoint::read_and_check(const CheckpointJob& job) {
  Result<SqliteDatabase> database = SqliteDatabase::open(path_, SqliteDatabase::Mode::read_write);
  if (!database) return fail(std::move(database.error()));
  database_ = std::move(*database);
  if (Status sound = schema::check_structure(database_, path_); !sound) return sound;
  Result<schema::JobRow> row = schema::read_job(database_, path_);
  if (!row) return fail(std::move(row.error()));
  job_ = std::move(*row);
  if (job_.job != job)
    return fail(
        Errc::corrupt_state,
        fmt::format("{}: this checkpoint belongs to another job ({} to {}); name another file "
                    "with --checkpoint, or give --fresh to throw it away",
                    path_, shown(job_.job.sources), shown(job_.job.destination)));
  Status walked =
      schema::for_each_object(database_, path_, [this](const schema::ObjectRow& object) {
        saved_ = std::max(saved_, object.saved);
        return true;
      });
  if (!walked) return walked;
  // From here on the file may be written to.
  if (Status set = database_.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                                     "PRAGMA journal_size_limit=16777216");
      !set)
    return set;
  writable_ = true;
  return prepare_statements();
}

Status SqliteCheckpoint::prepare_statements() {
  const std::pair<SqliteStatement*, const char*> wanted[] = {
      {&load_, schema::load_object_sql},
      {&save_, schema::save_object_sql},
      {&save_job_, schema::save_job_sql},
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
  };
  for (const auto& [statement, sql] : wanted) {
    Result<SqliteStatement> prepared = database_.prepare(sql);
    if (!prepared) return fail(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return {};
}

Result<std::optional<ObjectState>> SqliteCheckpoint::load(std::string_view uri,
                                                          std::string_view identity) {
  Result<bool> found = load_.bind(1, uri).bind(2, identity).step();
  std::optional<Result<schema::ObjectRow>> row;
  if (found && *found) row = schema::read_object(load_, path_);
  load_.reset();
  if (!found) return fail(std::move(found.error()));
  if (!row) return std::optional<ObjectState>();
  if (!*row) return fail(std::move(row->error()));
  return std::optional<ObjectState>(std::move((*row)->state));
}

Status SqliteCheckpoint::save(std::span<const ObjectState> states) {
  if (states.empty()) return {};
  Status saved = begin_.run();
  if (!saved) return fail(std::move(saved.error()));
  saved = save_all(states);
  if (saved) saved = commit_.run();
  if (saved) return {};
  // Some failures roll back by themselves, and then this says so: nothing more to be done.
  static_cast<void>(rollback_.run());
  return fail(std::move(saved.error()));
}

Status SqliteCheckpoint::save_all(std::span<const ObjectState> states) {
  schema::ObjectRow row;
  for (const ObjectState& state : states) {
    row.state = state;
    row.saved = ++saved_;
    schema::bind_object(save_, row);
    if (Status saved = save_.run(); !saved) return saved;
  }
  return {};
}

Status SqliteCheckpoint::save_job() {
  schema::bind_job(save_job_, job_);
  return save_job_.run();
}

Result<std::int64_t> SqliteCheckpoint::dead_letters() {
  std::int64_t sum = 0;
  Status walked =
      schema::for_each_object(database_, path_, [&sum](const schema::ObjectRow& object) {
        sum += schema::dead_letters_of(object.state);
        return true;
      });
  if (!walked) return fail(std::move(walked.error()));
  return sum;
}

Result<std::uint64_t> SqliteCheckpoint::dead_letters_open() {
  Result<std::int64_t> all = dead_letters();
  if (!all) return fail(std::move(all.error()));
  return static_cast<std::uint64_t>(std::max<std::int64_t>(*all - job_.dead_letters_finished, 0));
}

Result<SqliteCheckpoint::Run> SqliteCheckpoint::begin_run(std::int64_t now_ms) {
  Result<std::uint64_t> open = dead_letters_open();
  if (!open) return fail(std::move(open.error()));
  const bool earlier_unfinished = job_.runs > 0 && job_.run_finished_ms == 0;
  ++job_.runs;
  job_.run_begun_ms = now_ms;
  job_.run_finished_ms = 0;
  if (Status saved = save_job(); !saved) return fail(std::move(saved.error()));
  return Run{.number = static_cast<std::uint64_t>(job_.runs),
             .earlier_unfinished = earlier_unfinished,
             .dead_letters_open = *open};
}

Status SqliteCheckpoint::finish_run(std::int64_t now_ms) {
  Result<std::int64_t> all = dead_letters();
  if (!all) return fail(std::move(all.error()));
  job_.run_finished_ms = now_ms;
  job_.dead_letters_finished = *all;
  return save_job();
}

}  // namespace hecate
