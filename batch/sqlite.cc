#include "batch/sqlite.h"

#include <cerrno>

#include <fmt/core.h>
#include <sqlite3.h>

#include "batch/posix_file.h"

namespace hecate {
namespace {

/// How long a writer waits for a reader (`hecate status`) to get out of the way.
constexpr int busy_timeout_ms = 10000;

Errc errc_of(int code) noexcept {
  if (code == SQLITE_IOERR_SHORT_READ) return Errc::corrupt_state;
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:  // SQL of ours that the file's schema does not understand
      return Errc::corrupt_state;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_NOLFS:
      return Errc::storage;
    default:
      return Errc::internal;
  }
}

std::string_view advice_for(Errc code) noexcept {
  if (code == Errc::storage) return "; free space or fix the disk, then run again to go on";
  if (code == Errc::corrupt_state) return sqlite_damage_advice;
  return {};
}

tl::unexpected<Error> failure(sqlite3* connection, int code) {
  const char* file = connection == nullptr ? nullptr : sqlite3_db_filename(connection, "main");
  const int primary = code & 0xff;
  // Only then does the system have a better word than SQLite.
  const int system =
      primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ? sqlite3_system_errno(connection) : 0;
  const Errc errc = errc_of(code);
  return fail(errc,
              fmt::format("{}: {}{}{}{}", file == nullptr ? "checkpoint" : file,
                          connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection),
                          system == 0 ? "" : ": ", system == 0 ? "" : errno_text(system),
                          advice_for(errc)));
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL, and the columns do not take that.
  const char* begin = text.data() == nullptr ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.get(), parameter, begin, text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (bind_result_ == SQLITE_OK) bind_result_ = code;
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_.get(), parameter, number);
  if (bind_result_ == SQLITE_OK) bind_result_ = code;
  return *this;
}

Result<bool> SqliteStatement::step() {
  sqlite3* connection = sqlite3_db_handle(statement_.get());
  if (bind_result_ != SQLITE_OK) return failure(connection, bind_result_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(connection, sqlite3_extended_errcode(connection));
}

Status SqliteStatement::run() {
  Result<bool> row = step();
  reset();
  if (!row) return fail(std::move(row.error()));
  return {};
}

void SqliteStatement::reset() {
  // The code repeats the failure of step(), which was reported.
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_result_ = SQLITE_OK;
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view SqliteStatement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string_view{}
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

bool SqliteStatement::has_types(std::string_view types) const {
  if (sqlite3_column_count(statement_.get()) != static_cast<int>(types.size())) return false;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const int type = sqlite3_column_type(statement_.get(), static_cast<int>(i));
    if (type != (types[i] == 't' ? SQLITE_TEXT : SQLITE_INTEGER)) return false;
  }
  return true;
}

void SqliteDatabase::Close::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, Mode mode) {
  sqlite3* connection = nullptr;
  const int flags = (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  SqliteDatabase database;
  database.connection_.reset(connection);  // SQLite hands one out even when it fails
  if (code != SQLITE_OK) return failure(connection, code);
  sqlite3_busy_timeout(connection, busy_timeout_ms);
  // The file may be damaged or made to harm: its schema is data to us, never code.
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Status SqliteDatabase::execute(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(connection_.get(), code);
  return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(connection_.get(), code);
  SqliteStatement prepared;
  prepared.statement_.reset(statement);
  return prepared;
}

}  // namespace hecate
