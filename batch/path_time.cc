#include "batch/path_time.h"

#include <chrono>
#include <string>

#include <fmt/core.h>

namespace hecate {
namespace {

constexpr int year_min = 1970;
constexpr int year_max = 2199;

bool is_digit(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

struct FieldSyntax {
  char letter;
  std::size_t digits_min, digits_max;
  int min, max;
};
// In the order of PathTime::Field.
constexpr std::array<FieldSyntax, 7> field_syntax{{
    {'Y', 4, 4, year_min, year_max},
    {'m', 1, 2, 1, 12},
    {'d', 1, 2, 1, 31},
    {'j', 3, 3, 1, 366},
    {'H', 1, 2, 0, 23},
    {'M', 1, 2, 0, 59},
    {'S', 1, 2, 0, 60},
}};

}  // namespace

Result<PathTime> PathTime::compile(std::string_view pattern) {
  PathTime compiled;
  Fields named;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      compiled.tokens_.push_back({.literal = pattern[i]});
      continue;
    }
    const char letter = ++i < pattern.size() ? pattern[i] : '\0';
    if (letter == '%') {
      compiled.tokens_.push_back({.literal = '%'});
      continue;
    }
    std::size_t field = 0;
    while (field < field_count && field_syntax[field].letter != letter) ++field;
    if (field == field_count)
      return fail(Errc::usage,
                  fmt::format("--path-time '{}': unknown '%{}'; known are %Y %m %d %j %H %M %S %%",
                              pattern, letter == '\0' ? ' ' : letter));
    compiled.tokens_.push_back({.is_field = true, .field = static_cast<Field>(field)});
    named[field] = field_syntax[field].min;
  }
  if (!is_complete(named))
    return fail(Errc::usage,
                fmt::format("--path-time '{}': names no time; it needs %Y, and no finer part "
                            "without the coarser ones (%Y %m %d %H)",
                            pattern));
  return compiled;
}

bool PathTime::is_complete(const Fields& fields) {
  if (!fields[year]) return false;
  if (fields[day_of_year] && (fields[month] || fields[day])) return false;
  const bool has_day = fields[day_of_year] || fields[day];
  return (!fields[day] || fields[month]) && (!fields[hour] || has_day) &&
         (!fields[minute] || fields[hour]) && (!fields[second] || fields[minute]);
}

bool PathTime::read_field(std::string_view text, std::size_t& at, Field field, Fields& fields) {
  const FieldSyntax& syntax = field_syntax[field];
  std::size_t digits = 0;
  int value = 0;
  while (digits < syntax.digits_max && is_digit(text, at)) {
    value = value * 10 + (text[at] - '0');
    ++at;
    ++digits;
  }
  if (digits < syntax.digits_min || value < syntax.min || value > syntax.max) return false;
  // A part named twice (dt=2024-01-31/2024/01/31) must say the same.
  if (fields[field] && *fields[field] != value) return false;
  fields[field] = value;
  return true;
}

PathTime::Fit PathTime::fit(std::string_view text, std::size_t at, Fields& fields) const {
  // Digits before or behind would make it another number.
  if (tokens_.front().is_field && at > 0 && is_digit(text, at - 1)) return Fit::none;
  char last = '\0';
  for (const Token& token : tokens_) {
    if (at == text.size()) return last == '/' ? Fit::part : Fit::none;
    if (token.is_field) {
      if (!read_field(text, at, token.field, fields)) return Fit::none;
    } else if (text[at] == token.literal) {
      ++at;
    } else {
      return Fit::none;
    }
    last = token.is_field ? '\0' : token.literal;
  }
  return tokens_.back().is_field && is_digit(text, at) ? Fit::none : Fit::whole;
}

std::optional<Period> PathTime::period_of(const Fields& fields) {
  using std::chrono::days;
  using std::chrono::months;
  using std::chrono::years;
  if (!is_complete(fields)) return std::nullopt;
  const std::chrono::year y(*fields[year]);
  const std::chrono::month m(static_cast<unsigned>(fields[month].value_or(1)));
  const std::chrono::day d(static_cast<unsigned>(fields[day].value_or(1)));
  const std::chrono::year_month_day date = y / m / d;
  if (!date.ok()) return std::nullopt;
  std::chrono::sys_days first = date;
  std::chrono::sys_days next = std::chrono::sys_days((y + years(1)) / m / d);
  if (fields[day_of_year]) {
    first += days(*fields[day_of_year] - 1);
    if (first >= next) return std::nullopt;  // day 366 of a year that has 365
  }
  if (fields[day] || fields[day_of_year])
    next = first + days(1);
  else if (fields[month])
    next = std::chrono::sys_days(y / m / d + months(1));

  using std::chrono::milliseconds;
  std::chrono::sys_time<milliseconds> begin = first;
  std::chrono::sys_time<milliseconds> end = next;
  begin += std::chrono::hours(fields[hour].value_or(0)) +
           std::chrono::minutes(fields[minute].value_or(0)) +
           std::chrono::seconds(fields[second].value_or(0));
  if (fields[second])
    end = begin + std::chrono::seconds(1);
  else if (fields[minute])
    end = begin + std::chrono::minutes(1);
  else if (fields[hour])
    end = begin + std::chrono::hours(1);
  return Period{begin.time_since_epoch().count(), end.time_since_epoch().count()};
}

std::optional<Period> PathTime::of_file(std::string_view path) const {
  for (std::size_t at = 0; at < path.size(); ++at) {
    Fields fields;
    if (fit(path, at, fields) != Fit::whole) continue;
    if (const std::optional<Period> period = period_of(fields)) return period;
  }
  return std::nullopt;
}

std::optional<Period> PathTime::of_folder(std::string_view path) const {
  std::string text(path);
  if (!text.ends_with('/')) text += '/';
  for (std::size_t at = 0; at < text.size(); ++at) {
    Fields fields;
    const Fit found = fit(text, at, fields);
    if (found == Fit::none) continue;
    const std::optional<Period> period = period_of(fields);
    if (period || found == Fit::part) return period;
  }
  return std::nullopt;
}

}  // namespace hecate
