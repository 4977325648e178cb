// pattern: makes a user's pattern cheap to search for, without changing which messages it matches.
//
// Rules ask only whether a pattern matches somewhere in a message. So what may be there or not at
// its ends need not be looked for: `user=\w+` matches wherever `user=\w` does. Trimmed ends save
// the engine long tails and a flood of reports. Where trimming goes further than that (a word
// boundary at an end is dropped to get at the repetition behind it), the result is a filter: its
// matches must be confirmed with the pattern as written. Also tells what scanning many messages at
// once, with a newline between them, can get wrong. Understands the common part of PCRE; what it
// does not understand it leaves alone and says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stages/bit_scan.h"

namespace hecate {

struct PatternFlags {
  bool caseless = false;
  bool dotall = false;
  bool multiline = false;
};

struct ScanPattern {
  std::string text;  ///< to be compiled with multiline on; empty when `always`
  PatternFlags flags;
  bool understood = false;   ///< false: search for the pattern as written, message by message
  bool always = false;       ///< matches every message
  bool filter_only = false;  ///< matches more messages than the pattern does: confirm each
  bool spans_lines = false;  ///< may match across newlines, so across messages: confirm each
  /// Not empty: no word to search for, so these classes are searched for (bit_scan.h), not `text`.
  std::vector<BitElement> bits;
  bool bits_filter_only = false;  ///< they are only a part of the pattern: confirm each match
  bool anchored = false;  ///< has ^ or $ that mean the message: confirm in messages with newlines
};

/// Never fails: a pattern that is not understood comes back as it is.
ScanPattern make_scan_pattern(std::string_view pattern, PatternFlags flags);

}  // namespace hecate
