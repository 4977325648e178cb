// config_schema: the sections of the configuration file, one reading function each.
//
// Private to the configuration loader. The functions fill a Config from YAML nodes and add every
// problem they meet; a section with problems leaves its defaults in place.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/config.h"
#include "pipeline/config_reader.h"
#include "pipeline/yaml_tree.h"

namespace hecate {

/// What the file sets, rightly or wrongly: the environment must not replace it.
struct ConfigGiven {
  bool log_group_pattern = false;
  bool endpoints = false;
  bool token = false;
};

/// The whole file.
void read_config(const YamlNode& root, Config& config, ConfigGiven& given, ProblemList& problems);
/// `rules:`
void read_rules(MapReader& root, std::vector<RuleConfig>& rules);
/// `hec:`
void read_hec(const YamlNode& node, HecConfig& hec, ConfigGiven& given, ProblemList& problems);
/// `tests:`
void read_tests(MapReader& root, std::vector<ConfigTest>& tests);
/// A token by reference, under `key` of `reader`.
void read_token(MapReader& reader, std::string_view key, TokenSource& token);

/// Fills in what the file does not say.
void apply_environment(const Environment& environment, const ConfigGiven& given, Config& config,
                       ProblemList& problems);

/// URLs in a list of endpoints.
inline constexpr std::size_t endpoints_max = 64;
/// What is wrong with the URL of an endpoint ("must ..."); nothing when it is good. Does not repeat
/// the URL, which may hold a password.
std::optional<std::string> endpoint_fault(std::string_view url);

// Names of enumerations as written in the file, at the places of their values.
inline constexpr std::array<std::string_view, 2> unmatched_names{"keep", "reject"};
inline constexpr std::array<std::string_view, 3> rule_action_names{"keep", "drop", "sample"};
inline constexpr std::array<std::string_view, 3> event_shape_names{"text", "json", "envelope"};
inline constexpr std::array<std::string_view, 3> event_id_names{"short", "full", "none"};
inline constexpr std::array<std::string_view, 3> gzip_names{"auto", "on", "off"};
inline constexpr std::array<std::string_view, 2> too_large_names{"truncate", "dead_letter"};
inline constexpr std::array<std::string_view, 2> on_partial_names{"trust", "resend"};

/// The written name of an enumeration's value.
template <std::size_t size, typename Enum>
constexpr std::string_view name_of(const std::array<std::string_view, size>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

}  // namespace hecate
