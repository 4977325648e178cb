// config_problem: what is wrong with a configuration, and where.
//
// Everything that reads or checks the configuration adds to one list, so that a user sees all
// problems of a file at once and in its order. Texts never repeat a value that may be a secret.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hecate {

/// A place in a file. Both count from 1; line 0 means: not in the file.
struct Position {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// One problem in a configuration. Prints as "file:line:column: message".
struct ConfigProblem {
  int line = 0;    ///< from 1; 0 when it is not about a place in the file
  int column = 0;  ///< from 1
  std::string message;
};

/// Collects problems, up to a bound; those beyond it are only counted.
class ProblemList {
 public:
  void add(Position at, std::string message);
  [[nodiscard]] bool full() const noexcept;
  /// The problems in the order in which they were added. Empties the list.
  std::vector<ConfigProblem> take();

 private:
  std::vector<ConfigProblem> problems_;
  std::uint64_t left_out_ = 0;
};

/// Puts problems in the order of the file; those about no place in it come last.
void sort_problems(std::vector<ConfigProblem>& problems);

/// "file:line:column: message" for each problem, a line each.
std::string format_problems(std::string_view name, const std::vector<ConfigProblem>& problems);

/// `text` between single quotes, fit for a message: shortened, without control characters.
std::string in_quotes(std::string_view text);

}  // namespace hecate
