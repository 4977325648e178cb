// sqlite: the part of SQLite that the checkpoint uses, with its errors translated once.
//
// Owns connections and prepared statements and turns result codes into Errors: damage is
// Errc::corrupt_state; a full disk, a failing one or a missing permission is Errc::storage. Knows
// no table. One connection belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hecate {

/// What to do about a damaged file; ends the sentence of every such Error.
inline constexpr std::string_view sqlite_damage_advice =
    "; restore the file from a copy, or start anew with --fresh (events already delivered are then "
    "sent again)";

/// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
class SqliteStatement {
 public:
  SqliteStatement() = default;

  /// The text must stay until the next reset().
  SqliteStatement& bind(int parameter, std::string_view text);
  SqliteStatement& bind(int parameter, std::int64_t number);
  /// True: a row is there. False: the statement is through.
  Result<bool> step();
  /// Runs a statement that yields no rows, and resets it.
  Status run();
  void reset();
  [[nodiscard]] std::int64_t integer(int column) const;
  /// Valid until the next step() or reset().
  [[nodiscard]] std::string_view text(int column) const;
  /// Whether the row's columns are stored as `types` says, a letter each: t for text, i for
  /// integer. SQLite stores any type in any column, and a value of another type is another value.
  [[nodiscard]] bool has_types(std::string_view types) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_result_ = 0;  // of the first bind that failed; reported by step()
};

class SqliteDatabase {
 public:
  enum class Mode { read_only, read_write };

  SqliteDatabase() = default;
  /// Opens a file that exists.
  static Result<SqliteDatabase> open(const std::string& path, Mode mode);

  Status execute(const char* sql);
  Result<SqliteStatement> prepare(std::string_view sql);

 private:
  friend class SqliteStatement;
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace hecate
