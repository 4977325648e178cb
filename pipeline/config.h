// config: everything a user can set in the configuration file, as one typed struct.
//
// load_config() reads YAML strictly: unknown keys, wrong types, values out of bounds and broken
// patterns are all reported at once, each with line and column. The file wins over the environment,
// the environment over these defaults. Options of single commands are not here (cli/). Positions
// say where a value stands in the file, for checks that are made later; they are not settings.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/config_problem.h"

namespace hecate {

/// Where a token is to be found. Exactly one of the three; resolved when needed, and again after a
/// 401/403.
struct TokenSource {
  std::string env;     ///< name of an environment variable
  std::string file;    ///< path; the content less white space at its ends
  std::string secret;  ///< Secrets Manager item ...
  std::string key;     ///< ... and the key in its JSON; empty: the whole value
  [[nodiscard]] bool empty() const noexcept {
    return env.empty() && file.empty() && secret.empty();
  }
  friend bool operator==(const TokenSource&, const TokenSource&) = default;
};

/// Fields are flat and ordered as written: the encoded bytes must not depend on a hash table.
using Fields = std::vector<std::pair<std::string, std::string>>;

enum class Unmatched : std::uint8_t { keep, reject };

struct LogGroupsConfig {
  std::string pattern;  ///< RE2 syntax; named groups become fields; empty: no convention
  Unmatched unmatched = Unmatched::reject;  ///< only meaningful with a pattern
  Position pattern_at;                      ///< line 0: the pattern is not from the file
};

enum class RuleAction : std::uint8_t { keep, drop, sample };

struct RuleSet {
  std::optional<std::string> sourcetype, index, source, host, severity;
  Fields fields;
  TokenSource token;
};

struct RuleConfig {
  std::string name;
  std::string pattern;  ///< PCRE syntax as Hyperscan has it; matched against the message as logged
  bool caseless = false, dotall = false, multiline = false;
  std::string log_group;  ///< RE2; only events whose log group it matches somewhere; empty: all
  RuleSet set;
  RuleAction action = RuleAction::keep;
  std::uint64_t sample = 0;  ///< with action sample: one in so many
  int line = 0;              ///< in the file, for messages
  Position pattern_at;
  Position log_group_at;
};

enum class EventShape : std::uint8_t { text, json, envelope };
enum class EventIdShape : std::uint8_t { short_id, full, none };
enum class GzipMode : std::uint8_t { automatic, on, off };
enum class TooLarge : std::uint8_t { truncate, dead_letter };
enum class OnPartial : std::uint8_t { trust, resend };

struct BatchLimits {
  std::uint64_t bytes = 1'000'000;  ///< of a request's body before compression
  std::uint64_t events = 10'000;
  std::chrono::milliseconds wait{500};  ///< the longest an event waits for company
};

struct TlsConfig {
  std::string ca_file, cert_file, key_file;
  bool verify = true;
};

struct RetryConfig {
  int attempts = 10;
  std::chrono::milliseconds base{200};
  std::chrono::milliseconds cap{30'000};
  std::chrono::seconds budget{600};
};

struct HecConfig {
  std::vector<std::string> endpoints;
  TokenSource token;
  EventShape event = EventShape::text;
  EventIdShape event_id = EventIdShape::short_id;
  bool ack = false;
  GzipMode gzip = GzipMode::automatic;
  BatchLimits batch;
  std::uint64_t max_event_bytes = 1'000'000;
  TooLarge too_large = TooLarge::truncate;
  OnPartial on_partial = OnPartial::trust;
  TlsConfig tls;
  RetryConfig retry;
};

struct RedactConfig {
  std::string name, pattern, replace;
  int line = 0;
  Position pattern_at;
};

/// A test written in the configuration: `hecate test` runs them.
struct ConfigTest {
  std::string name;
  /// log_group, log_stream, owner, message; only those that were given.
  std::map<std::string, std::string> input;
  /// rule, index, sourcetype, source, host, severity, action (keep, drop or sample), and
  /// fields.NAME for each expected field. An empty value expects that there is none.
  std::map<std::string, std::string> expect;
  int line = 0;
};

struct Config {
  LogGroupsConfig log_groups;
  std::vector<RuleConfig> rules;
  std::vector<RedactConfig> redact;
  Fields fields;
  std::string environment;  ///< from ENVIRONMENT; used by the envelope event shape
  HecConfig hec;
  std::vector<ConfigTest> tests;
};

/// Reads an environment variable; nothing when unset or empty.
using Environment = std::function<std::optional<std::string>(std::string_view)>;
/// The environment of this process.
Environment process_environment();

struct ConfigLoad {
  Config config;
  std::vector<ConfigProblem> problems;  ///< empty: `config` is good
};
/// Checks the syntax of patterns and appends problems; given by the stages that own the engines.
/// Called even when there are other problems, so that all are found at once: it leaves out empty
/// patterns, and gives each problem the position that stands beside the pattern.
using PatternCheck = std::function<void(const Config&, std::vector<ConfigProblem>&)>;

/// Parses and checks a configuration, and fills in from the environment what it does not say. On
/// failure: all problems, in the order of the file. `environment` and `check_patterns` may be null.
ConfigLoad load_config(std::string_view yaml, const Environment& environment,
                       const PatternCheck& check_patterns);
/// The defaults and the environment alone, for runs without a file.
ConfigLoad default_config(const Environment& environment, const PatternCheck& check_patterns = {});

/// The configuration in force, as YAML that load_config() takes. Tokens appear as references only.
std::string print_effective_config(const Config& config);

}  // namespace hecate
