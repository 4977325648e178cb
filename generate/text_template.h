// text_template: a line of log with holes, and what may fill them.
//
// Templates keep the generator's vocabulary in one readable table (services.cc) instead of code.
// A hole is written ${name arguments}; everything else is literal. The holes:
//
//   ${int LOW HIGH}   ${digits N}   ${hex N}   ${alnum N}   ${upper N}   ${uuid}   ${card}
//   ${pick a|b|c}     ${word} ${words} ${user} ${host} ${path} ${agent} ${class} ${email} ${phrase}
//   ${ip} (documentation ranges)   ${lan} (10.0.0.0/8)
//   ${time STYLE}     STYLE: the names of TimeStyle, epoch_s or epoch_ms
//   ${tail}           " word=value" until the message has its wanted length
//   ${json_tail}      ","word":"words"" until then; the message is a JSON object
//   ${frames}         Java stack frames, at least three, until then
//   ${recent HOLE}    as ${HOLE}, but three times in four what this very hole held before:
//   requests,
//                     peers and processes recur in a log, and this is why logs compress so well
//
// Templates name only string literals: what they refer to must live for ever.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generate/random.h"
#include "generate/utc_time.h"

namespace hecate::generate {

class TextTemplate {
 public:
  /// Parses a template. An unknown hole is a bug in the table, so it fails a check.
  explicit TextTemplate(std::string_view text);

  /// Appends one expansion, made at `now_ms`, that aims for `wanted_bytes` where it can grow.
  void expand(std::string& out, Random& random, std::int64_t now_ms, std::size_t wanted_bytes);

 private:
  enum class Kind {
    literal,
    integer,
    digits,
    hex,
    alnum,
    upper,
    uuid,
    card,
    pick,
    words,
    ip,
    lan,
    email,
    time,
    epoch_s,
    epoch_ms,
    tail,  // from here on: those that grow
    json_tail,
    frames,
  };
  struct Part {
    Kind kind = Kind::literal;
    std::string_view text;                       // literal
    std::uint64_t low = 0;                       // integer; digits and the like: how many
    std::uint64_t high = 0;                      // integer
    TimeStyle style = TimeStyle::iso_ms;         // time
    std::vector<std::string_view> choices;       // pick with its own list
    std::span<const std::string_view> shared{};  // pick from the vocabulary
    bool recent = false;
    std::string last{};  // recent: what it held; empty at first
  };

  static Part parse_hole(std::string_view hole);
  static bool parse_counted(std::string_view name, std::string_view arguments, Part& part);
  static bool parse_listed(std::string_view name, std::string_view arguments, Part& part);
  static bool parse_time(std::string_view style, Part& part);
  static void append_part(std::string& out, Random& random, std::int64_t now_ms, const Part& part);
  static void append_grown(std::string& out, Random& random, Kind kind, std::size_t room);

  std::vector<Part> parts_;
};

}  // namespace hecate::generate
