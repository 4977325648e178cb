// config_problem: the list of problems, its order, and how it prints.
//
// Bounded, because a hostile file could hold a million problems; a user reads the first few.
#include "pipeline/config_problem.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/json_text.h"

namespace hecate {
namespace {

constexpr std::size_t problems_max = 1000;
constexpr std::size_t quoted_bytes_max = 64;

}  // namespace

void ProblemList::add(Position at, std::string message) {
  if (full()) {
    ++left_out_;
    return;
  }
  problems_.push_back({at.line, at.column, std::move(message)});
}

bool ProblemList::full() const noexcept {
  return problems_.size() >= problems_max;
}

std::vector<ConfigProblem> ProblemList::take() {
  std::vector<ConfigProblem> taken = std::exchange(problems_, {});
  if (const std::uint64_t more = std::exchange(left_out_, 0); more > 0) {
    taken.push_back({0, 0, fmt::format("and {} more problems", more)});
  }
  return taken;
}

void sort_problems(std::vector<ConfigProblem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const ConfigProblem& a, const ConfigProblem& b) {
                     if ((a.line == 0) != (b.line == 0)) return b.line == 0;
                     return Position{a.line, a.column} < Position{b.line, b.column};
                   });
}

std::string format_problems(std::string_view name, const std::vector<ConfigProblem>& problems) {
  std::string out;
  for (const ConfigProblem& problem : problems) {
    std::string place(name);
    if (problem.line > 0) place += fmt::format(":{}", problem.line);
    if (problem.line > 0 && problem.column > 0) place += fmt::format(":{}", problem.column);
    if (!place.empty()) place += ": ";
    out += fmt::format("{}{}\n", place, problem.message);
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  std::size_t at = 0;
  while (at < text.size() && at < quoted_bytes_max) {
    const std::size_t length = utf8_sequence_length(text.substr(at));
    const bool printable =
        length > 1 || (length == 1 && static_cast<unsigned char>(text[at]) >= 0x20);
    out += printable ? text.substr(at, length) : std::string_view("?");
    at += std::max<std::size_t>(length, 1);
  }
  if (at < text.size()) out += "...";
  return out + "'";
}

}  // namespace hecate
