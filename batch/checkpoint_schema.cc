#include "batch/checkpoint_schema.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <xxhash.h>

#include "batch/posix_file.h"

namespace hecate::checkpoint_schema {
namespace {

// Compared byte for byte with what the file says of itself, so that a damaged schema is found.
constexpr std::string_view job_table =
    "CREATE TABLE job(id INTEGER PRIMARY KEY, sources TEXT NOT NULL, destination TEXT NOT NULL, "
    "created_ms INTEGER NOT NULL, runs INTEGER NOT NULL, run_begun_ms INTEGER NOT NULL, "
    "run_finished_ms INTEGER NOT NULL, dead_letters_finished INTEGER NOT NULL, "
    "row_hash INTEGER NOT NULL)";
constexpr std::string_view object_table =
    "CREATE TABLE object(uri TEXT NOT NULL, identity TEXT NOT NULL, status INTEGER NOT NULL, "
    "records_settled INTEGER NOT NULL, events_delivered INTEGER NOT NULL, "
    "events_filtered INTEGER NOT NULL, events_dead_lettered INTEGER NOT NULL, "
    "last_error TEXT NOT NULL, saved INTEGER NOT NULL, row_hash INTEGER NOT NULL, "
    "PRIMARY KEY(uri, identity)) WITHOUT ROWID";

constexpr std::string_view job_types = "ittiiiiii";
constexpr std::string_view object_types = "ttiiiiitii";

constexpr std::size_t header_bytes = 100;
constexpr std::string_view magic{"SQLite format 3\0", 16};
constexpr std::size_t write_version_at = 18;
constexpr std::size_t read_version_at = 19;
constexpr std::size_t application_id_at = 68;

/// Hashes the values of a row, each text with its length, so that no two rows look alike.
class RowHash {
 public:
  RowHash& add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  RowHash& add(std::int64_t number) {
    std::array<char, sizeof number> raw{};
    std::memcpy(raw.data(), &number, sizeof number);
    bytes_.append(raw.data(), raw.size());
    return *this;
  }
  [[nodiscard]] std::int64_t value() const {
    return static_cast<std::int64_t>(XXH3_64bits(bytes_.data(), bytes_.size()));
  }

 private:
  std::string bytes_;
};

std::int64_t hash_of(const JobRow& job) {
  return RowHash{}
      .add(job.job.sources)
      .add(job.job.destination)
      .add(job.created_ms)
      .add(job.runs)
      .add(job.run_begun_ms)
      .add(job.run_finished_ms)
      .add(job.dead_letters_finished)
      .value();
}

std::string_view cut_error(const ObjectState& state) noexcept {
  return std::string_view(state.last_error).substr(0, last_error_bytes_max);
}

std::int64_t hash_of(const ObjectRow& row) {
  const ObjectState& state = row.state;
  return RowHash{}
      .add(state.uri)
      .add(state.identity)
      .add(static_cast<std::int64_t>(state.status))
      .add(static_cast<std::int64_t>(state.records_settled))
      .add(static_cast<std::int64_t>(state.events_delivered))
      .add(static_cast<std::int64_t>(state.events_filtered))
      .add(static_cast<std::int64_t>(state.events_dead_lettered))
      .add(cut_error(state))
      .add(row.saved)
      .value();
}

Result<std::int64_t> single_integer(SqliteDatabase& database, std::string_view sql) {
  Result<SqliteStatement> statement = database.prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  Result<bool> row = statement->step();
  if (!row) return fail(std::move(row.error()));
  return *row ? statement->integer(0) : 0;
}

Status check_table(SqliteDatabase& database, const std::string& path, std::string_view name,
                   std::string_view expected) {
  Result<SqliteStatement> statement =
      database.prepare("SELECT sql FROM sqlite_schema WHERE type='table' AND name=?1");
  if (!statement) return fail(std::move(statement.error()));
  Result<bool> row = statement->bind(1, name).step();
  if (!row) return fail(std::move(row.error()));
  if (!*row || statement->text(0) != expected)
    return fail(damaged(path, fmt::format("table {} is not as it was written", name)));
  return {};
}

}  // namespace

Error damaged(const std::string& path, const std::string& what) {
  return {Errc::corrupt_state,
          fmt::format("{}: damaged checkpoint: {}{}", path, what, sqlite_damage_advice)};
}

std::int64_t dead_letters_of(const ObjectState& state) noexcept {
  return static_cast<std::int64_t>(state.events_dead_lettered) +
         (state.status == ObjectStatus::failed ? 1 : 0);
}

Status create(SqliteDatabase& database, const JobRow& job) {
  const std::string sql =
      fmt::format("BEGIN IMMEDIATE; PRAGMA application_id={}; PRAGMA user_version={}; {}; {};",
                  application_id, version, job_table, object_table);
  if (Status made = database.execute(sql.c_str()); !made) return made;
  Result<SqliteStatement> insert = database.prepare(save_job_sql);
  if (!insert) return fail(std::move(insert.error()));
  bind_job(*insert, job);
  if (Status saved = insert->run(); !saved) return saved;
  return database.execute("COMMIT");
}

Status check_file(const std::string& path) {
  const FileDescriptor file = open_file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(Errc::not_found, fmt::format("{}: no such checkpoint", path));
    return fail(errno == EACCES || errno == EPERM ? Errc::denied : Errc::storage,
                fmt::format("{}: cannot open checkpoint: {}", path, errno_text(errno)));
  }
  std::array<unsigned char, header_bytes> header{};
  ssize_t size = 0;
  do {
    size = ::pread(file.get(), header.data(), header.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0)
    return fail(Errc::storage,
                fmt::format("{}: cannot read checkpoint: {}", path, errno_text(errno)));
  std::int64_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8 | header[application_id_at + i];
  if (static_cast<std::size_t>(size) < header.size() ||
      std::memcmp(header.data(), magic.data(), magic.size()) != 0 || id != application_id ||
      header[write_version_at] > 2 || header[read_version_at] > 2)
    return fail(Errc::corrupt_state,
                fmt::format("{}: {}; name another file with --checkpoint, or move this one away "
                            "to start anew",
                            path,
                            size == 0 ? "is empty, which no checkpoint ever is"
                                      : "is not a checkpoint of hecate, or its beginning is "
                                        "damaged"));
  return {};
}

Status check_structure(SqliteDatabase& database, const std::string& path) {
  Result<std::int64_t> found = single_integer(database, "PRAGMA user_version");
  if (!found) return fail(std::move(found.error()));
  if (*found > version)
    return fail(Errc::corrupt_state,
                fmt::format("{}: written by a newer hecate (version {}, this one knows {}); use "
                            "that, or name another file with --checkpoint",
                            path, *found, version));
  if (*found != version)
    return fail(damaged(path, fmt::format("version {} was never written", *found)));
  if (Status ok = check_table(database, path, "job", job_table); !ok) return ok;
  if (Status ok = check_table(database, path, "object", object_table); !ok) return ok;
  Result<SqliteStatement> check = database.prepare("PRAGMA quick_check(1)");
  if (!check) return fail(std::move(check.error()));
  Result<bool> row = check->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row || check->text(0) != "ok")
    return fail(damaged(path, *row ? std::string(check->text(0)) : "it cannot be checked"));
  return {};
}

Result<JobRow> read_job(SqliteDatabase& database, const std::string& path) {
  Result<SqliteStatement> select = database.prepare("SELECT * FROM job");
  if (!select) return fail(std::move(select.error()));
  Result<bool> row = select->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(damaged(path, "the job is missing"));
  JobRow job{.job = {std::string(select->text(1)), std::string(select->text(2))},
             .created_ms = select->integer(3),
             .runs = select->integer(4),
             .run_begun_ms = select->integer(5),
             .run_finished_ms = select->integer(6),
             .dead_letters_finished = select->integer(7)};
  if (!select->has_types(job_types) || hash_of(job) != select->integer(8))
    return fail(damaged(path, "the job's row has changed"));
  return job;
}

void bind_job(SqliteStatement& statement, const JobRow& job) {
  statement.bind(1, job.job.sources)
      .bind(2, job.job.destination)
      .bind(3, job.created_ms)
      .bind(4, job.runs)
      .bind(5, job.run_begun_ms)
      .bind(6, job.run_finished_ms)
      .bind(7, job.dead_letters_finished)
      .bind(8, hash_of(job));
}

void bind_object(SqliteStatement& statement, const ObjectRow& row) {
  const ObjectState& state = row.state;
  statement.bind(1, state.uri)
      .bind(2, state.identity)
      .bind(3, static_cast<std::int64_t>(state.status))
      .bind(4, static_cast<std::int64_t>(state.records_settled))
      .bind(5, static_cast<std::int64_t>(state.events_delivered))
      .bind(6, static_cast<std::int64_t>(state.events_filtered))
      .bind(7, static_cast<std::int64_t>(state.events_dead_lettered))
      .bind(8, cut_error(state))
      .bind(9, row.saved)
      .bind(10, hash_of(row));
}

Result<ObjectRow> read_object(const SqliteStatement& statement, const std::string& path) {
  ObjectRow row;
  row.state.uri = statement.text(0);
  row.state.identity = statement.text(1);
  const std::int64_t status = statement.integer(2);
  row.state.status = static_cast<ObjectStatus>(status);
  row.state.records_settled = static_cast<std::uint64_t>(statement.integer(3));
  row.state.events_delivered = static_cast<std::uint64_t>(statement.integer(4));
  row.state.events_filtered = static_cast<std::uint64_t>(statement.integer(5));
  row.state.events_dead_lettered = static_cast<std::uint64_t>(statement.integer(6));
  row.state.last_error = statement.text(7);
  row.saved = statement.integer(8);
  if (!statement.has_types(object_types) || status < 0 ||
      status > static_cast<std::int64_t>(ObjectStatus::unread) ||
      hash_of(row) != statement.integer(9))
    return fail(damaged(path, "the row of an object has changed"));
  return row;
}

Status for_each_object(SqliteDatabase& database, const std::string& path,
                       const std::function<bool(const ObjectRow&)>& visit) {
  Result<SqliteStatement> select = database.prepare(all_objects_sql);
  if (!select) return fail(std::move(select.error()));
  for (;;) {
    Result<bool> more = select->step();
    if (!more) return fail(std::move(more.error()));
    if (!*more) return {};
    Result<ObjectRow> row = read_object(*select, path);
    if (!row) return fail(std::move(row.error()));
    if (!visit(*row)) return {};
  }
}

}  // namespace hecate::checkpoint_schema
