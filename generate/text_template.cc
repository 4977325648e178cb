// text_template: see the header. Templates are parsed once and expanded millions of times, so
// expansion only appends to the caller's string.
#include "generate/text_template.h"

#include <charconv>
#include <optional>
#include <utility>

#include "generate/vocabulary.h"
#include "pipeline/check.h"

namespace hecate::generate {
namespace {

constexpr std::string_view digit_set = "0123456789";
constexpr std::string_view hex_set = "0123456789abcdef";
constexpr std::string_view alnum_set = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view upper_set = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  check(error == std::errc{}, "64 bits fit 20 digits");
  out.append(digits.data(), end);
}

void append_from(std::string& out, Random& random, std::string_view set, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) out += set[random.below(set.size())];
}

std::string_view any_of(Random& random, std::span<const std::string_view> list) {
  return list[random.below(list.size())];
}

void append_uuid(std::string& out, Random& random) {
  constexpr std::array<std::uint64_t, 5> groups = {8, 4, 4, 4, 12};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i > 0) out += '-';
    append_from(out, random, hex_set, groups[i]);
  }
}

/// Sixteen digits that pass the check every card terminal makes, so that a reader which looks for
/// card numbers finds them. They begin as the test cards of payment providers do.
void append_card(std::string& out, Random& random) {
  std::array<unsigned, 16> digits = {4, 0, 0, 0, 0, 0};
  for (std::size_t i = 6; i < 15; ++i) digits[i] = static_cast<unsigned>(random.below(10));
  unsigned sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const unsigned doubled = digits[i] * (i % 2 == 0 ? 2U : 1U);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  digits[15] = (10 - sum % 10) % 10;
  for (const unsigned digit : digits) out += digit_set[digit];
}

void append_ip(std::string& out, Random& random) {
  constexpr std::array<std::string_view, 3> networks = {"192.0.2.", "198.51.100.", "203.0.113."};
  out += any_of(random, networks);
  append_number(out, random.between(1, 254));
}

void append_lan(std::string& out, Random& random) {
  out += "10.0.";
  append_number(out, random.below(16));
  out += '.';
  append_number(out, random.between(1, 254));
}

void append_email(std::string& out, Random& random) {
  out += any_of(random, vocabulary::users);
  out += '.';
  out += any_of(random, vocabulary::words);
  out += random.below(2) == 0 ? "@example.com" : "@example.org";
}

void append_words(std::string& out, Random& random, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += any_of(random, vocabulary::words);
  }
}

/// What stands behind "key=": mostly words and small counts, now and then something unique.
void append_value(std::string& out, Random& random) {
  const std::uint64_t drawn = random.below(16);
  if (drawn == 0) {
    append_from(out, random, alnum_set, random.between(6, 12));
  } else if (drawn < 6) {
    append_number(out, random.below(drawn < 4 ? 10 : 1000));
  } else {
    out += any_of(random, vocabulary::words);
  }
}

std::optional<TimeStyle> style_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, TimeStyle>, 10> styles = {{
      {"iso_ms", TimeStyle::iso_ms},
      {"iso_s", TimeStyle::iso_s},
      {"comma_ms", TimeStyle::comma_ms},
      {"postgres", TimeStyle::postgres},
      {"syslog", TimeStyle::syslog},
      {"apache", TimeStyle::apache},
      {"common_log", TimeStyle::common_log},
      {"slashed", TimeStyle::slashed},
      {"hadoop", TimeStyle::hadoop},
      {"day_path", TimeStyle::day_path},
  }};
  for (const auto& [known, style] : styles)
    if (known == name) return style;
  return std::nullopt;
}

std::uint64_t take_number(std::string_view& arguments) {
  std::uint64_t value = 0;
  const char* begin = arguments.data();
  const auto [end, error] = std::from_chars(begin, begin + arguments.size(), value);
  check(error == std::errc{}, "a template hole has its numbers");
  arguments.remove_prefix(static_cast<std::size_t>(end - begin));
  if (!arguments.empty()) arguments.remove_prefix(1);
  return value;
}

}  // namespace

TextTemplate::TextTemplate(std::string_view text) {
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    if (open != 0) parts_.emplace_back().text = text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    check(close != std::string_view::npos, "a template hole is closed");
    parts_.push_back(parse_hole(text.substr(open + 2, close - open - 2)));
    text.remove_prefix(close + 1);
  }
}

TextTemplate::Part TextTemplate::parse_hole(std::string_view hole) {
  constexpr std::string_view recent = "recent ";
  if (hole.starts_with(recent)) {
    Part part = parse_hole(hole.substr(recent.size()));
    check(part.kind < Kind::tail, "a hole that grows is never the same again");
    part.recent = true;
    return part;
  }
  const std::size_t space = hole.find(' ');
  const std::string_view name = hole.substr(0, space);
  const std::string_view arguments =
      space == std::string_view::npos ? std::string_view{} : hole.substr(space + 1);
  constexpr std::array<std::pair<std::string_view, Kind>, 9> bare = {{
      {"uuid", Kind::uuid},
      {"card", Kind::card},
      {"words", Kind::words},
      {"ip", Kind::ip},
      {"lan", Kind::lan},
      {"email", Kind::email},
      {"tail", Kind::tail},
      {"json_tail", Kind::json_tail},
      {"frames", Kind::frames},
  }};
  Part part;
  for (const auto& [known, kind] : bare) {
    if (known != name) continue;
    part.kind = kind;
    return part;
  }
  const bool known = parse_counted(name, arguments, part) || parse_listed(name, arguments, part) ||
                     (name == "time" && parse_time(arguments, part));
  check(known, "a template hole has a known name");
  return part;
}

bool TextTemplate::parse_counted(std::string_view name, std::string_view arguments, Part& part) {
  if (name == "int") {
    part.kind = Kind::integer;
    part.low = take_number(arguments);
    part.high = take_number(arguments);
    check(part.low <= part.high, "a template range is not empty");
    return true;
  }
  if (name == "digits") part.kind = Kind::digits;
  if (name == "hex") part.kind = Kind::hex;
  if (name == "alnum") part.kind = Kind::alnum;
  if (name == "upper") part.kind = Kind::upper;
  if (part.kind == Kind::literal) return false;
  part.low = take_number(arguments);
  return true;
}

bool TextTemplate::parse_listed(std::string_view name, std::string_view arguments, Part& part) {
  part.kind = Kind::pick;
  if (name == "pick") {
    for (std::size_t bar = 0; bar != std::string_view::npos;) {
      bar = arguments.find('|');
      part.choices.push_back(arguments.substr(0, bar));
      if (bar != std::string_view::npos) arguments.remove_prefix(bar + 1);
    }
    return true;
  }
  if (name == "word") part.shared = vocabulary::words;
  if (name == "user") part.shared = vocabulary::users;
  if (name == "host") part.shared = vocabulary::hosts;
  if (name == "path") part.shared = vocabulary::paths;
  if (name == "agent") part.shared = vocabulary::agents;
  if (name == "class") part.shared = vocabulary::classes;
  if (name == "phrase") part.shared = vocabulary::phrases;
  return !part.shared.empty();
}

bool TextTemplate::parse_time(std::string_view style, Part& part) {
  if (style == "epoch_s" || style == "epoch_ms") {
    part.kind = style == "epoch_s" ? Kind::epoch_s : Kind::epoch_ms;
    return true;
  }
  const std::optional<TimeStyle> named = style_named(style);
  if (!named) return false;
  part.kind = Kind::time;
  part.style = *named;
  return true;
}

void TextTemplate::expand(std::string& out, Random& random, std::int64_t now_ms,
                          std::size_t wanted_bytes) {
  const std::size_t start = out.size();
  for (Part& part : parts_) {
    if (part.kind >= Kind::tail) {
      const std::size_t length = out.size() - start;
      append_grown(out, random, part.kind, wanted_bytes > length ? wanted_bytes - length : 0);
    } else if (!part.recent) {
      append_part(out, random, now_ms, part);
    } else {
      if (part.last.empty() || random.below(4) == 0) {
        part.last.clear();
        append_part(part.last, random, now_ms, part);
      }
      out += part.last;
    }
  }
}

void TextTemplate::append_part(std::string& out, Random& random, std::int64_t now_ms,
                               const Part& part) {
  switch (part.kind) {
    case Kind::literal:
      out += part.text;
      return;
    case Kind::integer:
      append_number(out, random.between(part.low, part.high));
      return;
    case Kind::digits:
      append_from(out, random, digit_set, part.low);
      return;
    case Kind::hex:
      append_from(out, random, hex_set, part.low);
      return;
    case Kind::alnum:
      append_from(out, random, alnum_set, part.low);
      return;
    case Kind::upper:
      append_from(out, random, upper_set, part.low);
      return;
    case Kind::uuid:
      append_uuid(out, random);
      return;
    case Kind::card:
      append_card(out, random);
      return;
    case Kind::pick:
      out += part.shared.empty() ? any_of(random, part.choices) : any_of(random, part.shared);
      return;
    case Kind::words:
      append_words(out, random, random.between(2, 6));
      return;
    case Kind::ip:
      append_ip(out, random);
      return;
    case Kind::lan:
      append_lan(out, random);
      return;
    case Kind::email:
      append_email(out, random);
      return;
    case Kind::time:
      append_time(out, now_ms, part.style);
      return;
    case Kind::epoch_s:
      append_number(out, static_cast<std::uint64_t>(now_ms / 1000));
      return;
    case Kind::epoch_ms:
      append_number(out, static_cast<std::uint64_t>(now_ms));
      return;
    case Kind::tail:
    case Kind::json_tail:
    case Kind::frames:
      break;
  }
  check(false, "holes that grow are filled elsewhere");
}

void TextTemplate::append_grown(std::string& out, Random& random, Kind kind, std::size_t room) {
  const std::size_t end = out.size() + room;
  for (int i = 0; out.size() < end || (kind == Kind::frames && i < 3); ++i) {
    const std::string_view word = any_of(random, vocabulary::words);
    switch (kind) {
      case Kind::tail:
        out += ' ';
        out += word;
        out += '=';
        append_value(out, random);
        break;
      case Kind::json_tail:
        out += ",\"";
        out += word;
        append_number(out, static_cast<std::uint64_t>(i));  // keys of an object stay distinct
        out += "\":\"";
        append_words(out, random, random.between(1, 4));
        out += '"';
        break;
      default: {
        const std::string_view method = any_of(random, vocabulary::classes);
        out += "\n\tat com.example.";
        out += word;
        out += '.';
        out += method;
        out += '(';
        out += method.substr(0, method.find('.'));
        out += ".java:";
        append_number(out, random.between(12, 900));
        out += ')';
      }
    }
  }
}

}  // namespace hecate::generate
