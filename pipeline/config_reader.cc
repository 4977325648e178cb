// config_reader: typed values out of YAML nodes, and the near miss of an unknown key.
//
// All that is reported goes through the ProblemList; nothing here stops at the first problem.
#include "pipeline/config_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>

namespace hecate {
namespace {

constexpr std::size_t suggested_bytes_max = 40;
constexpr std::size_t field_name_bytes_max = 256;

bool is_scalar(const YamlNode& node) noexcept {
  return node.kind == YamlNode::Kind::scalar;
}

/// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b`, both of
/// at most suggested_bytes_max bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, suggested_bytes_max + 1>, suggested_bytes_max + 1> d{};
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differs});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::string_view nearest(std::string_view word, std::span<const std::string> known) {
  std::string_view best;
  if (word.size() > suggested_bytes_max) return best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > suggested_bytes_max) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string joined(std::span<const std::string_view> names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<YamlPair> unique_pairs(const YamlNode& node, const std::string& path,
                                   ProblemList& problems) {
  std::vector<YamlPair> pairs;
  if (node.kind == YamlNode::Kind::null) return pairs;
  if (node.kind != YamlNode::Kind::map) {
    problems.add(node.at, fmt::format("{} must be a map of keys and values",
                                      path.empty() ? "the configuration" : path));
    return pairs;
  }
  std::unordered_map<std::string_view, int> lines;
  for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
    const YamlNode& key = node.items[i];
    if (!is_scalar(key)) {
      problems.add(key.at, "a key must be plain text");
      continue;
    }
    const auto [first, is_new] = lines.emplace(key.text, key.at.line);
    if (is_new)
      pairs.push_back({&key, &node.items[i + 1]});
    else
      problems.add(key.at, fmt::format("this key was given on line {} already", first->second));
  }
  return pairs;
}

MapReader::MapReader(const YamlNode& node, std::string path, ProblemList& problems)
    : path_(std::move(path)), at_(node.at), problems_(problems) {
  for (const YamlPair& pair : unique_pairs(node, path_, problems)) entries_.push_back({pair});
}

MapReader::~MapReader() {
  for (const Entry& entry : entries_) {
    if (!entry.known && !problems_.full()) report_unknown(*entry.pair.key);
  }
}

void MapReader::report_unknown(const YamlNode& key) {
  const std::string where = path_.empty() ? "" : fmt::format(" in {}", path_);
  if (hide_unknown_) {
    problems_.add(key.at,
                  fmt::format("unknown key{}; known are {}", where, fmt::join(asked_, ", ")));
    return;
  }
  const std::string_view meant = nearest(key.text, asked_);
  const std::string hint = meant.empty() ? fmt::format("known are {}", fmt::join(asked_, ", "))
                                         : fmt::format("did you mean '{}'?", meant);
  problems_.add(key.at, fmt::format("unknown key {}{}; {}", in_quotes(key.text), where, hint));
}

void MapReader::misplaced(std::initializer_list<std::string_view> keys, std::string_view home) {
  for (Entry& entry : entries_) {
    const bool is_one = std::find(keys.begin(), keys.end(), entry.pair.key->text) != keys.end();
    if (!is_one) continue;
    entry.known = true;
    problems_.add(entry.pair.key->at,
                  fmt::format("'{}' belongs under '{}:'", entry.pair.key->text, home));
  }
}

const YamlNode* MapReader::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.emplace_back(key);
  for (Entry& entry : entries_) {
    if (entry.pair.key->text != key) continue;
    entry.known = true;
    return entry.pair.value;
  }
  return nullptr;
}

std::string MapReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void MapReader::problem(std::string_view key, std::string_view what) {
  const YamlNode* node = find(key);
  problems_.add(node == nullptr ? at_ : node->at, fmt::format("{} {}", path_of(key), what));
}

const YamlNode* MapReader::scalar(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr || is_scalar(*node)) return node;
  problem(key, node->kind == YamlNode::Kind::null ? "has no value" : "must be a single value");
  return nullptr;
}

bool MapReader::text(std::string_view key, std::string& out) {
  const YamlNode* node = scalar(key);
  if (node == nullptr) return false;
  out = node->text;
  return true;
}

bool MapReader::name(std::string_view key, std::string& out) {
  const YamlNode* node = scalar(key);
  if (node == nullptr) return false;
  if (node->text.empty()) {
    problem(key, "must not be empty");
    return false;
  }
  if (has_control(node->text)) {
    problem(key, "must not hold control characters");
    return false;
  }
  out = node->text;
  return true;
}

bool MapReader::name(std::string_view key, std::optional<std::string>& out) {
  std::string value;
  if (!name(key, value)) return false;
  out = std::move(value);
  return true;
}

bool MapReader::truth(std::string_view key, bool& out) {
  const YamlNode* node = scalar(key);
  if (node == nullptr) return false;
  const bool good = node->plain && (node->text == "true" || node->text == "false");
  if (!good) {
    problem(key, "must be true or false");
    return false;
  }
  out = node->text == "true";
  return true;
}

std::optional<std::uint64_t> MapReader::number(std::string_view key, NumberRange range) {
  const YamlNode* node = scalar(key);
  if (node == nullptr) return std::nullopt;
  const std::string& digits = node->text;
  const bool is_number =
      node->plain && !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) {
    problem(key, fmt::format("must be a whole number from {} to {}, in digits only", range.min,
                             range.max));
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc() || value < range.min || value > range.max) {
    problem(key, fmt::format("must be from {} to {}", range.min, range.max));
    return std::nullopt;
  }
  return value;
}

std::optional<std::size_t> MapReader::choice_index(const YamlNode& node, std::string_view path,
                                                   std::span<const std::string_view> names) {
  if (is_scalar(node)) {
    const auto found = std::find(names.begin(), names.end(), node.text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  problems_.add(node.at, fmt::format("{} must be one of: {}", path, joined(names)));
  return std::nullopt;
}

void MapReader::fields(std::string_view key,
                       std::vector<std::pair<std::string, std::string>>& out) {
  const YamlNode* map = find(key);
  if (map == nullptr) return;
  const std::string path = path_of(key);
  for (const YamlPair& pair : unique_pairs(*map, path, problems_)) {
    const std::string& field = pair.key->text;
    const bool good_name =
        !field.empty() && field.size() <= field_name_bytes_max && !has_control(field);
    if (!good_name) {
      problems_.add(pair.key->at, fmt::format("a name in {} must have 1 to {} bytes and no control "
                                              "characters",
                                              path, field_name_bytes_max));
    } else if (!is_scalar(*pair.value)) {
      problems_.add(pair.value->at,
                    fmt::format("{} is flat: each of its values is a single text", path));
    } else {
      out.emplace_back(field, pair.value->text);
    }
  }
}

std::span<const YamlNode> MapReader::list(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind == YamlNode::Kind::null) return {};
  if (node->kind != YamlNode::Kind::list) {
    problem(key, "must be a list");
    return {};
  }
  return node->items;
}

}  // namespace hecate
