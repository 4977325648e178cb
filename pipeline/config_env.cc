// config_env: what the environment says where the file is silent.
//
// For the Lambda, which is often configured by variables alone, and as a fallback elsewhere. A
// variable that is overruled by the file is not even checked. Token values are never read here:
// only the name of the variable that holds one is kept.
#include <algorithm>

#include <fmt/format.h>

#include "pipeline/config_schema.h"
#include "pipeline/json_text.h"

namespace hecate {
namespace {

constexpr std::size_t variable_bytes_max = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

class EnvironmentReader {
 public:
  EnvironmentReader(const Environment& environment, ProblemList& problems)
      : environment_(environment), problems_(problems) {}

  [[nodiscard]] bool is_set(std::string_view name) const {
    return environment_ && environment_(name).has_value();
  }

  /// The value, when it is set and sane.
  std::optional<std::string> value(std::string_view name) {
    std::optional<std::string> value = environment_ ? environment_(name) : std::nullopt;
    if (!value) return std::nullopt;
    if (value->size() > variable_bytes_max || has_control(*value) || !is_utf8(*value)) {
      problem(name,
              fmt::format("must be a single line of UTF-8, at most {} bytes", variable_bytes_max));
      return std::nullopt;
    }
    return value;
  }

  void problem(std::string_view name, std::string_view what) {
    problems_.add({}, fmt::format("{}: {} (environment variable)", name, what));
  }

 private:
  const Environment& environment_;
  ProblemList& problems_;
};

void read_urls(EnvironmentReader& reader, std::vector<std::string>& endpoints) {
  static constexpr std::string_view name = "SPLUNK_HEC_URL";
  const std::optional<std::string> value = reader.value(name);
  if (!value) return;
  std::string_view rest = *value;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view url = trimmed(rest.substr(0, comma));
    if (const std::optional<std::string> fault = endpoint_fault(url))
      reader.problem(name, *fault);
    else if (std::find(endpoints.begin(), endpoints.end(), url) != endpoints.end())
      reader.problem(name, "must not hold an endpoint twice");
    else
      endpoints.emplace_back(url);
    if (endpoints.size() > endpoints_max)
      return reader.problem(name, fmt::format("holds more than {} URLs", endpoints_max));
    if (comma == rest.npos) return;
    rest.remove_prefix(comma + 1);
  }
}

void read_token_source(EnvironmentReader& reader, TokenSource& token) {
  static constexpr std::string_view token_name = "SPLUNK_HEC_TOKEN";
  if (reader.is_set(token_name)) {
    token.env = token_name;
  } else if (const auto item = reader.value("SECRET_MANAGER_ITEM_NAME")) {
    token.secret = *item;
    token.key = token_name;
  }
}

}  // namespace

void apply_environment(const Environment& environment, const ConfigGiven& given, Config& config,
                       ProblemList& problems) {
  EnvironmentReader reader(environment, problems);
  if (!given.endpoints) read_urls(reader, config.hec.endpoints);
  if (!given.token) read_token_source(reader, config.hec.token);
  if (!given.log_group_pattern) {
    config.log_groups.pattern = reader.value("LOG_GROUP_NAME_REGEX").value_or("");
  }
  config.environment = reader.value("ENVIRONMENT").value_or("");
}

}  // namespace hecate
