// pattern_tree: a pattern as a tree, between pattern.cc, which parses and trims it, and
// bit_pattern.cc. Private to these two.
#pragma once

#include <string>
#include <vector>

namespace hecate::pattern_tree {

inline constexpr int unbounded = -1;

struct Node;
using Sequence = std::vector<Node>;

/// One thing that matches, and how often.
struct Node {
  enum class Kind { one, group, boundary, begin, end };
  Kind kind = Kind::one;
  std::string text;                // one: a byte, an escape or a class, as written
  std::vector<Sequence> branches;  // group
  int min = 1;
  int max = 1;
  [[nodiscard]] bool repeats() const noexcept { return max != min; }
  [[nodiscard]] bool is_anchor() const noexcept {
    return kind == Kind::boundary || kind == Kind::begin || kind == Kind::end;
  }
};

}  // namespace hecate::pattern_tree
