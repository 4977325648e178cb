// checkpoint_schema: what a checkpoint file looks like, and how damage in it is found.
//
// SQLite notices a broken page, not a wrong number on a sound one, and a wrong number here would
// skip events without a word. So every row carries a hash of its values, and every reader walks all
// rows before it believes any. Shared by the store (read and write) and the reader (`hecate
// status`).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "batch/sqlite.h"
#include "pipeline/checkpoint.h"
#include "pipeline/result.h"

namespace hecate {

/// What a checkpoint belongs to: another job needs another checkpoint.
struct CheckpointJob {
  std::string sources;      ///< one a line, absolute, sorted
  std::string destination;  ///< one a line, normalised; never with credentials
  friend bool operator==(const CheckpointJob&, const CheckpointJob&) = default;
};

namespace checkpoint_schema {

inline constexpr std::int64_t application_id = 0x68636174;  // "hcat"
inline constexpr std::int64_t version = 1;
/// Longer error sentences are cut: they are for people.
inline constexpr std::size_t last_error_bytes_max = 1000;

/// The one row of table job.
struct JobRow {
  CheckpointJob job;
  std::int64_t created_ms = 0;
  std::int64_t runs = 0;
  std::int64_t run_begun_ms = 0;
  std::int64_t run_finished_ms = 0;        ///< 0: the last run has not finished
  std::int64_t dead_letters_finished = 0;  ///< dead letters when a run last finished
};

/// A row of table object.
struct ObjectRow {
  ObjectState state;
  std::int64_t saved = 0;  ///< order of saving
};

/// Dead letters that a state stands for: its events, and itself when it failed.
std::int64_t dead_letters_of(const ObjectState& state) noexcept;

/// Creates the tables and marks the file as ours. For an empty file.
Status create(SqliteDatabase& database, const JobRow& job);

/// Looks at the first bytes, before SQLite does: a file that is cut short, empty or not ours must
/// not be taken for a new one. corrupt_state says what to do; not_found when there is no file.
Status check_file(const std::string& path);

/// Checks version, tables and pages (SQLite's quick_check).
Status check_structure(SqliteDatabase& database, const std::string& path);

/// The sentence for damage found beyond SQLite's own checks.
Error damaged(const std::string& path, const std::string& what);

Result<JobRow> read_job(SqliteDatabase& database, const std::string& path);

/// Binds every column of table job and object, hash included, in the order of their INSERT.
inline constexpr const char* save_job_sql =
    "INSERT OR REPLACE INTO job VALUES(1,?1,?2,?3,?4,?5,?6,?7,?8)";
inline constexpr const char* save_object_sql =
    "INSERT OR REPLACE INTO object VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)";
inline constexpr const char* load_object_sql = "SELECT * FROM object WHERE uri=?1 AND identity=?2";
inline constexpr const char* all_objects_sql = "SELECT * FROM object ORDER BY uri, identity";
void bind_job(SqliteStatement& statement, const JobRow& job);
/// The texts of `row` must outlive the statement's next reset().
void bind_object(SqliteStatement& statement, const ObjectRow& row);

/// The row a SELECT * of table object stands at; an Error when its hash does not agree.
Result<ObjectRow> read_object(const SqliteStatement& statement, const std::string& path);

/// Visits every object row, checked, in order of uri. False from `visit` ends the walk.
Status for_each_object(SqliteDatabase& database, const std::string& path,
                       const std::function<bool(const ObjectRow&)>& visit);

}  // namespace checkpoint_schema
}  // namespace hecate
