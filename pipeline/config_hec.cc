// config_hec: where events go, and how.
//
// Checks what can be known without the network: the shape of URLs, bounds, and options that
// contradict each other. Files named here are opened by those who use them.
#include <chrono>
#include <unordered_set>

#include <fmt/format.h>

#include "pipeline/config_schema.h"
#include "pipeline/limits.h"

namespace hecate {
namespace {

constexpr std::uint64_t batch_bytes_min = 1000;
constexpr std::uint64_t event_bytes_min = 16;  // room for a character behind any truncation
constexpr std::uint64_t wait_ms_max = 60'000;
constexpr std::uint64_t backoff_ms_max = 3'600'000;
constexpr std::uint64_t budget_s_max = 7 * 86'400;

bool is_space_or_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f;
}

bool is_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return false;
  unsigned port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port >= 1 && port <= 65535;
}

/// The URL behind its scheme; nothing when that is neither http nor https.
std::optional<std::string_view> behind_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.size() < scheme.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
      const char c = url[i];
      same = same && (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == scheme[i];
    }
    if (same) return url.substr(scheme.size());
  }
  return std::nullopt;
}

/// host, host:port, [address] or [address]:port.
std::optional<std::string> authority_fault(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == authority.npos) return "must close the bracket of its address";
  const std::size_t colon = authority.find(':', bracket);
  if (colon != authority.npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    if (!is_port(port)) return "must have a port from 1 to 65535 behind its last colon";
  }
  const bool broken_address = bracket > 0 && (host.size() != bracket + 1 || bracket < 3);
  if (host.empty() || broken_address) return "must name a host";
  return std::nullopt;
}

void read_endpoints(MapReader& reader, HecConfig& hec, ConfigGiven& given) {
  if (reader.find("endpoints") == nullptr) return;
  given.endpoints = true;
  std::unordered_set<std::string_view> seen;
  const std::span<const YamlNode> items = reader.list("endpoints");
  if (items.size() > endpoints_max) {
    reader.problem("endpoints", fmt::format("holds more than {} URLs", endpoints_max));
    return;
  }
  for (const YamlNode& item : items) {
    if (item.kind != YamlNode::Kind::scalar) {
      reader.problems().add(item.at, "an endpoint must be a URL");
    } else if (const std::optional<std::string> fault = endpoint_fault(item.text)) {
      reader.problems().add(item.at, "an endpoint " + *fault);
    } else if (!seen.insert(item.text).second) {
      reader.problems().add(item.at, "this endpoint is in the list already");
    } else {
      hec.endpoints.push_back(item.text);
    }
  }
}

template <typename Duration>
bool read_duration(MapReader& reader, std::string_view key, NumberRange range, Duration& out) {
  const std::optional<std::uint64_t> value = reader.number(key, range);
  if (value) out = Duration(static_cast<typename Duration::rep>(*value));
  return value.has_value();
}

void read_batch(MapReader& hec, BatchLimits& batch) {
  const YamlNode* node = hec.find("batch");
  if (node == nullptr) return;
  MapReader reader(*node, "hec.batch", hec.problems());
  batch.bytes =
      reader.number("bytes", {batch_bytes_min, limits::hec_batch_bytes_max}).value_or(batch.bytes);
  batch.events = reader.number("events", {1, limits::hec_batch_events_max}).value_or(batch.events);
  read_duration(reader, "wait_ms", {0, wait_ms_max}, batch.wait);
}

void read_tls(MapReader& hec, TlsConfig& tls) {
  const YamlNode* node = hec.find("tls");
  if (node == nullptr) return;
  MapReader reader(*node, "hec.tls", hec.problems());
  reader.name("ca_file", tls.ca_file);
  reader.name("cert_file", tls.cert_file);
  reader.name("key_file", tls.key_file);
  reader.truth("verify", tls.verify);
  const bool has_cert = reader.find("cert_file") != nullptr;
  const bool has_key = reader.find("key_file") != nullptr;
  if (has_cert && !has_key) reader.problem("cert_file", "needs key_file beside it");
  if (has_key && !has_cert) reader.problem("key_file", "needs cert_file beside it");
  if (!tls.verify && reader.find("ca_file") != nullptr) {
    reader.problem("ca_file", "has no use with verify: false; leave one of them out");
  }
}

void read_retry(MapReader& hec, RetryConfig& retry) {
  const YamlNode* node = hec.find("retry");
  if (node == nullptr) return;
  MapReader reader(*node, "hec.retry", hec.problems());
  const auto attempts =
      reader.number("attempts", {1, static_cast<std::uint64_t>(limits::retry_attempts_max)});
  if (attempts) retry.attempts = static_cast<int>(*attempts);
  const bool has_base = read_duration(reader, "base_ms", {1, backoff_ms_max}, retry.base);
  const bool has_cap = read_duration(reader, "cap_ms", {1, backoff_ms_max}, retry.cap);
  read_duration(reader, "budget_s", {1, budget_s_max}, retry.budget);
  if ((has_base || has_cap) && retry.base > retry.cap) {
    reader.problem(has_base ? "base_ms" : "cap_ms",
                   fmt::format("makes base_ms ({}) larger than cap_ms ({})", retry.base.count(),
                               retry.cap.count()));
  }
}

}  // namespace

std::optional<std::string> endpoint_fault(std::string_view url) {
  for (const char c : url) {
    if (is_space_or_control(c)) return "must not hold spaces or control characters";
  }
  const std::optional<std::string_view> rest = behind_scheme(url);
  if (!rest) return "must be a URL that begins with http:// or https://";
  if (rest->find_first_of("?#") != rest->npos) return "must not have a query or a fragment";
  const std::string_view authority = rest->substr(0, rest->find('/'));
  if (authority.find('@') != authority.npos) {
    return "must not hold a user or password; the token goes into hec.token";
  }
  return authority_fault(authority);
}

void read_hec(const YamlNode& node, HecConfig& hec, ConfigGiven& given, ProblemList& problems) {
  MapReader reader(node, "hec", problems);
  read_endpoints(reader, hec, given);
  given.token = reader.find("token") != nullptr;
  read_token(reader, "token", hec.token);
  reader.choice("event", event_shape_names, hec.event);
  reader.choice("event_id", event_id_names, hec.event_id);
  reader.truth("ack", hec.ack);
  reader.choice("gzip", gzip_names, hec.gzip);
  read_batch(reader, hec.batch);
  hec.max_event_bytes =
      reader.number("max_event_bytes", {event_bytes_min, limits::max_event_bytes_ceiling})
          .value_or(hec.max_event_bytes);
  reader.choice("too_large", too_large_names, hec.too_large);
  reader.choice("on_partial", on_partial_names, hec.on_partial);
  read_tls(reader, hec.tls);
  read_retry(reader, hec.retry);
}

}  // namespace hecate
