// config_reader: reads the keys of a YAML map into typed values, strictly.
//
// A MapReader is told, key by key, what a map may hold; what was never asked for is unknown and
// reported when the reader goes, with the nearest known key. Wrong types and values are reported at
// their place and leave the target as it was, so that reading goes on and finds the rest. Values
// are never repeated in messages: anything may be a token in the wrong place.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/config_problem.h"
#include "pipeline/yaml_tree.h"

namespace hecate {

struct NumberRange {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

/// A key and its value in a map. The key is a scalar.
struct YamlPair {
  const YamlNode* key = nullptr;
  const YamlNode* value = nullptr;
};

/// The pairs of a map without duplicates, which are reported; none when `node` is null. `path`
/// names the map in messages.
std::vector<YamlPair> unique_pairs(const YamlNode& node, const std::string& path,
                                   ProblemList& problems);

class MapReader {
 public:
  /// `path` names the map in messages ("hec.batch"); empty for the whole file. `node` and
  /// `problems` outlive the reader.
  MapReader(const YamlNode& node, std::string path, ProblemList& problems);
  ~MapReader();
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  /// Unknown keys of this map are reported without their names.
  void hide_unknown_keys() noexcept { hide_unknown_ = true; }
  /// Keys that are known elsewhere: found here, they are reported as belonging into `home`.
  void misplaced(std::initializer_list<std::string_view> keys, std::string_view home);

  /// The value of `key`, which is known from now on; null when it is absent.
  const YamlNode* find(std::string_view key);
  [[nodiscard]] Position at() const noexcept { return at_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] ProblemList& problems() noexcept { return problems_; }
  /// Adds a problem about the value of `key`, or about the map when it is absent.
  void problem(std::string_view key, std::string_view what);

  /// Any text, empty ones included. False when it is absent or wrong, here and below.
  bool text(std::string_view key, std::string& out);
  /// A text that is not empty and holds no control characters.
  bool name(std::string_view key, std::string& out);
  bool name(std::string_view key, std::optional<std::string>& out);
  /// true or false.
  bool truth(std::string_view key, bool& out);
  /// Digits within `range`.
  std::optional<std::uint64_t> number(std::string_view key, NumberRange range);
  /// One of `names`, whose places are the values of the enumeration.
  template <typename Enum>
  bool choice(std::string_view key, std::span<const std::string_view> names, Enum& out) {
    const YamlNode* node = find(key);
    if (node == nullptr) return false;
    const std::optional<std::size_t> index = choice_index(*node, path_of(key), names);
    if (index) out = static_cast<Enum>(*index);
    return index.has_value();
  }
  /// The place of a scalar in `names`; otherwise reports them.
  std::optional<std::size_t> choice_index(const YamlNode& node, std::string_view path,
                                          std::span<const std::string_view> names);
  /// A flat map of texts, in the order of the file.
  void fields(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);
  /// The items of a list; none when it is absent or null.
  std::span<const YamlNode> list(std::string_view key);

 private:
  const YamlNode* scalar(std::string_view key);
  void report_unknown(const YamlNode& key);

  struct Entry {
    YamlPair pair;
    bool known = false;
  };
  std::string path_;
  Position at_;
  ProblemList& problems_;
  std::vector<Entry> entries_;
  std::vector<std::string> asked_;
  bool hide_unknown_ = false;
};

/// True when `text` holds a control character.
bool has_control(std::string_view text) noexcept;

/// The one of `known` that `word` is likely to mean; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

/// "a, b, c"
std::string joined(std::span<const std::string_view> names);

}  // namespace hecate
