// yaml_tree: a YAML document as a plain tree in which every node knows its place.
//
// The only part of the project that knows a YAML library, and the place where its exceptions end.
// Aliases and merge keys (<<) are expanded here, within bounds on nodes and bytes, so that readers
// see plain maps, lists and scalars only. It gives no meaning to scalars: to that end see
// config_reader.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config_problem.h"

namespace hecate {

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool plain = false;  ///< a scalar written without quotes: it may be a number or a truth value
  Position at;
  std::string text;             ///< of a scalar
  std::vector<YamlNode> items;  ///< list: its items; map: key, value, key, value, ...
};

/// Parses one document; an empty text is a null node. Nothing when it is not YAML, holds several
/// documents, or is beyond the bounds; `problems` then says why.
std::optional<YamlNode> parse_yaml(std::string_view text, ProblemList& problems);

}  // namespace hecate
