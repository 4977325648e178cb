#include "stages/pattern.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <re2/re2.h>

#include "pipeline/json_text.h"
#include "stages/bit_pattern.h"
#include "stages/pattern_tree.h"

namespace hecate {
namespace {

using namespace pattern_tree;

constexpr int depth_max = 32;

// Recursive descent over the pattern; gives up (ok_ = false) at anything unusual.
class PatternParser {
 public:
  PatternParser(std::string_view pattern, PatternFlags& flags) : rest_(pattern), flags_(flags) {}

  std::optional<std::vector<Sequence>> parse() {
    take_leading_flags();
    std::vector<Sequence> branches = parse_branches(0);
    if (!ok_ || !rest_.empty()) return std::nullopt;
    return branches;
  }

 private:
  // (?i), (?ims) and the like, at the very beginning only.
  void take_leading_flags() {
    while (rest_.starts_with("(?")) {
      const std::size_t close = rest_.find(')');
      const std::string_view letters = rest_.substr(2, std::min(close, rest_.size()) - 2);
      if (close == rest_.npos || letters.empty() ||
          letters.find_first_not_of("ims") != letters.npos) {
        return;
      }
      flags_.caseless |= letters.find('i') != letters.npos;
      flags_.multiline |= letters.find('m') != letters.npos;
      flags_.dotall |= letters.find('s') != letters.npos;
      rest_.remove_prefix(close + 1);
    }
  }

  std::vector<Sequence> parse_branches(int depth) {
    std::vector<Sequence> branches(1);
    if (depth > depth_max) ok_ = false;
    while (ok_ && !rest_.empty() && rest_.front() != ')') {
      if (rest_.front() == '|') {
        rest_.remove_prefix(1);
        branches.emplace_back();
        continue;
      }
      Node node = parse_atom(depth);
      if (ok_) parse_repetition(node);
      branches.back().push_back(std::move(node));
    }
    return branches;
  }

  Node parse_atom(int depth) {
    Node node;
    switch (rest_.front()) {
      case '(':
        return parse_group(depth);
      case '[':
        node.text = take(class_size());
        return node;
      case '\\':
        return parse_escape();
      case '^':
        node.kind = Node::Kind::begin;
        break;
      case '$':
        node.kind = Node::Kind::end;
        break;
      case '*':
      case '+':
      case '?':
      case '{':
        ok_ = false;
        break;  // nothing to repeat
      default: {
        // A character of several bytes is one thing to repeat.
        const std::size_t length = utf8_sequence_length(rest_);
        if (length == 0) ok_ = false;
        node.text = take(std::max<std::size_t>(length, 1));
        return node;
      }
    }
    node.text = take(1);
    return node;
  }

  Node parse_group(int depth) {
    Node node;
    node.kind = Node::Kind::group;
    rest_.remove_prefix(1);
    if (rest_.starts_with("?:")) {
      rest_.remove_prefix(2);
    } else if (rest_.starts_with("?P<") || rest_.starts_with("?<")) {
      const std::size_t close = rest_.find('>');
      const std::size_t name = rest_.find('<') + 1;
      if (close == rest_.npos || rest_[name] == '=' || rest_[name] == '!') {
        ok_ = false;
        return node;
      }
      rest_.remove_prefix(close + 1);
    } else if (rest_.starts_with("?") || rest_.starts_with("*")) {
      ok_ = false;  // look-around, inline flags, verbs
      return node;
    }
    node.branches = parse_branches(depth + 1);
    if (rest_.empty()) {
      ok_ = false;
    } else {
      rest_.remove_prefix(1);
    }
    return node;
  }

  Node parse_escape() {
    Node node;
    if (rest_.size() < 2) {
      ok_ = false;
      return node;
    }
    const char kind = rest_[1];
    std::size_t size = 2;
    if (kind == 'b') {
      node.kind = Node::Kind::boundary;
    } else if (kind == 'A') {
      node.kind = Node::Kind::begin;
    } else if (kind == 'z' || kind == 'Z') {
      node.kind = Node::Kind::end;
    } else if (kind == 'x' && rest_.size() >= 4 && is_hex(rest_[2]) && is_hex(rest_[3])) {
      size = 4;
    } else if (std::isalnum(static_cast<unsigned char>(kind)) != 0 &&
               std::strchr("dDwWsStnrfeav", kind) == nullptr) {
      ok_ = false;  // \B, back-references, octal, \Q, \p, \x{..} and the rest
      return node;
    }
    node.text = take(size);
    return node;
  }

  // {n}, {n,}, {n,m}, *, +, ?; a lazy one matches the same messages, a possessive one may not.
  void parse_repetition(Node& node) {
    if (rest_.empty()) return;
    const char c = rest_.front();
    if (c == '*' || c == '+' || c == '?') {
      node.min = c == '+' ? 1 : 0;
      node.max = c == '?' ? 1 : unbounded;
      rest_.remove_prefix(1);
    } else if (c == '{') {
      if (!parse_counts(node)) return;
    } else {
      return;
    }
    if (node.is_anchor()) ok_ = false;
    if (!rest_.empty() && rest_.front() == '?') rest_.remove_prefix(1);
    if (!rest_.empty() && std::strchr("*+?{", rest_.front()) != nullptr) ok_ = false;
  }

  bool parse_counts(Node& node) {
    const std::size_t close = rest_.find('}');
    if (close == rest_.npos) return ok_ = false;
    const std::string_view counts = rest_.substr(1, close - 1);
    const std::size_t comma = counts.find(',');
    const int min = number(counts.substr(0, comma));
    const int max = comma == counts.npos         ? min
                    : comma + 1 == counts.size() ? unbounded
                                                 : number(counts.substr(comma + 1));
    if (min < 0 || (max < min && max != unbounded)) return ok_ = false;
    node.min = min;
    node.max = max;
    rest_.remove_prefix(close + 1);
    return true;
  }

  static bool is_hex(char c) noexcept { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

  static int number(std::string_view digits) noexcept {
    if (digits.empty() || digits.size() > 5) return -2;
    int value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return -2;
      value = value * 10 + (c - '0');
    }
    return value;
  }

  std::size_t class_size() {
    std::size_t i = rest_.starts_with("[^") ? 2 : 1;
    if (i < rest_.size() && rest_[i] == ']') ++i;  // a bracket that comes first is a member
    for (; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '[' && i + 1 < rest_.size() && rest_[i + 1] == ':') {
        const std::size_t close = rest_.find(":]", i);
        if (close == rest_.npos) break;
        i = close + 1;
      } else if (rest_[i] == ']') {
        return i + 1;
      }
    }
    ok_ = false;
    return 0;
  }

  std::string take(std::size_t size) {
    std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(std::min(size, rest_.size()));
    return taken;
  }

  std::string_view rest_;
  PatternFlags& flags_;
  bool ok_ = true;
};

// ---- trimming

enum class Side { front, back };

Node& node_at(Sequence& sequence, Side side) {
  return side == Side::front ? sequence.front() : sequence.back();
}
void drop_at(Sequence& sequence, Side side) {
  sequence.erase(side == Side::front ? sequence.begin() : sequence.end() - 1);
}

void trim_branches(std::vector<Sequence>& branches, Side side, bool& filter_only);

void trim(Sequence& sequence, Side side, bool& filter_only) {
  while (!sequence.empty()) {
    Node& node = node_at(sequence, side);
    if (node.kind == Node::Kind::boundary && sequence.size() >= 2) {
      // Worth dropping only when a repetition behind it can be shortened then.
      const Node& behind = side == Side::front ? sequence[1] : sequence[sequence.size() - 2];
      if (behind.kind != Node::Kind::one || !behind.repeats()) return;
      drop_at(sequence, side);
      filter_only = true;
      continue;
    }
    if (node.is_anchor()) return;
    if (node.min == 0) {
      drop_at(sequence, side);
      continue;
    }
    node.max = node.min;
    if (node.kind == Node::Kind::group && node.min == 1)
      trim_branches(node.branches, side, filter_only);
    return;
  }
}

void trim_branches(std::vector<Sequence>& branches, Side side, bool& filter_only) {
  for (Sequence& branch : branches) trim(branch, side, filter_only);
}

// ---- questions about the result

// Whether the empty string can match: everywhere, or where the anchors allow it.
enum class Anchors { forbid, allow };

bool matches_empty(const Sequence& sequence, Anchors anchors);

bool matches_empty(const Node& node, Anchors anchors) {
  if (node.is_anchor()) return anchors == Anchors::allow;
  if (node.min == 0) return true;
  return node.kind == Node::Kind::group &&
         std::any_of(node.branches.begin(), node.branches.end(),
                     [&](const Sequence& s) { return matches_empty(s, anchors); });
}
bool matches_empty(const Sequence& sequence, Anchors anchors) {
  return std::all_of(sequence.begin(), sequence.end(),
                     [&](const Node& node) { return matches_empty(node, anchors); });
}

bool matches_newline(const std::string& text, const PatternFlags& flags) {
  if (text == ".") return flags.dotall;
  if (text.size() == 1) return text == "\n";
  if (text.find("\\v") != text.npos) return true;  // any vertical space; one character to RE2
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 one(text, options);
  return !one.ok() || RE2::FullMatch("\n", one);  // in doubt: yes
}

void inspect(const std::vector<Sequence>& branches, ScanPattern& pattern) {
  for (const Sequence& sequence : branches) {
    for (const Node& node : sequence) {
      switch (node.kind) {
        case Node::Kind::one:
          pattern.spans_lines |= matches_newline(node.text, pattern.flags);
          break;
        case Node::Kind::group:
          inspect(node.branches, pattern);
          break;
        case Node::Kind::begin:
        case Node::Kind::end:
          // In a multiline rule they mean lines, as they do in the scan; \A and \z never do.
          pattern.anchored |= !pattern.flags.multiline || node.text.size() == 2;
          break;
        case Node::Kind::boundary:
          break;
      }
    }
  }
}

void write(const std::vector<Sequence>& branches, std::string& out);

void write_node(const Node& node, std::string& out) {
  switch (node.kind) {
    case Node::Kind::one:
    case Node::Kind::boundary:
      out += node.text;
      break;
    case Node::Kind::begin:
      out += '^';
      break;
    case Node::Kind::end:
      out += '$';
      break;
    case Node::Kind::group:
      out += "(?:";
      write(node.branches, out);
      out += ')';
      break;
  }
  if (node.min == 1 && node.max == 1) return;
  if (node.min == 0 && node.max == unbounded)
    out += '*';
  else if (node.min == 1 && node.max == unbounded)
    out += '+';
  else if (node.min == 0 && node.max == 1)
    out += '?';
  else {
    out += '{' + std::to_string(node.min);
    if (node.max == unbounded)
      out += ',';
    else if (node.max != node.min)
      out += ',' + std::to_string(node.max);
    out += '}';
  }
}

void write(const std::vector<Sequence>& branches, std::string& out) {
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (i > 0) out += '|';
    for (const Node& node : branches[i]) write_node(node, out);
  }
}

}  // namespace

ScanPattern make_scan_pattern(std::string_view pattern, PatternFlags flags) {
  ScanPattern scan;
  scan.flags = flags;
  std::optional<std::vector<Sequence>> branches = PatternParser(pattern, scan.flags).parse();
  if (!branches) {
    scan.flags = flags;
    scan.text = pattern;
    return scan;
  }
  scan.understood = true;
  find_bit_pattern(*branches, scan);
  trim_branches(*branches, Side::back, scan.filter_only);
  trim_branches(*branches, Side::front, scan.filter_only);
  const auto any_empty = [&](Anchors anchors) {
    return std::any_of(branches->begin(), branches->end(),
                       [&](const Sequence& s) { return matches_empty(s, anchors); });
  };
  if (any_empty(Anchors::forbid) && !scan.filter_only) {
    scan.always = true;
    scan.bits.clear();
    return scan;
  }
  if (any_empty(Anchors::allow)) {
    // Nothing is left to search for, or a match without a byte, which lies in no message: take the
    // pattern as written.
    scan.understood = false;
    scan.filter_only = false;
    scan.bits.clear();
    scan.flags = flags;
    scan.text = pattern;
    return scan;
  }
  inspect(*branches, scan);
  write(*branches, scan.text);
  return scan;
}

}  // namespace hecate
