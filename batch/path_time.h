// path_time: the time that a path names, as archives are laid out by time.
//
//   %Y/%m/%d/%H          .../2024/01/31/23/object.gz     the hour from 2024-01-31T23:00Z
//   year=%Y/month=%m     .../year=2024/month=01/...      January 2024
//
// The template is looked for anywhere in the path; the first place where it fits counts. Folders
// that hold only a part of it (.../2024/01) name a longer period, by which whole trees are pruned.
// All times are UTC. Known: %Y (four digits, 1970 to 2199) %m %d %j %H %M %S (one digit or two; %j
// three) and %%.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/result.h"

namespace hecate {

/// Epoch milliseconds; the end is not part of it.
struct Period {
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
  friend bool operator==(const Period&, const Period&) = default;
};

class PathTime {
 public:
  /// Errc::usage for an unknown directive, or a coarse one missing (%d without %m).
  static Result<PathTime> compile(std::string_view pattern);

  /// The period a file's path names; nothing when the template does not occur in it.
  [[nodiscard]] std::optional<Period> of_file(std::string_view path) const;
  /// The period that everything below a folder lies in, by as much of the template as its path
  /// ends with or holds; nothing when it says nothing yet.
  [[nodiscard]] std::optional<Period> of_folder(std::string_view path) const;

 private:
  enum Field : std::uint8_t { year, month, day, day_of_year, hour, minute, second, field_count };
  struct Token {
    bool is_field = false;
    char literal = 0;
    Field field = year;
  };
  using Fields = std::array<std::optional<int>, field_count>;
  enum class Fit : std::uint8_t { none, part, whole };

  [[nodiscard]] Fit fit(std::string_view text, std::size_t at, Fields& fields) const;
  static bool read_field(std::string_view text, std::size_t& at, Field field, Fields& fields);
  static bool is_complete(const Fields& fields);
  static std::optional<Period> period_of(const Fields& fields);

  std::vector<Token> tokens_;
};

}  // namespace hecate
