#include "stages/hec_endpoint.h"

#include <algorithm>

namespace hecate {
namespace {

constexpr std::string_view collector_path = "/services/collector";

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// True when `port` is a number that a TCP port can have.
bool is_port(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  int value = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value >= 1 && value <= 65535;
}

}  // namespace

Result<HecEndpointUrls> parse_hec_endpoint(std::string_view url, GzipMode gzip) {
  const auto refuse = [&](std::string_view why) {
    // What was written is not repeated: it may hold a password.
    return fail(Errc::usage, "HEC endpoint: " + std::string(why) +
                                 "; it must look like https://splunk.example.com:8088");
  };
  for (const char c : url) {
    if (c <= ' ' || c > '~') return refuse("the URL holds white space or foreign characters");
  }
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return refuse("the URL has no scheme");
  std::string scheme(url.substr(0, scheme_end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), to_lower);
  if (scheme != "http" && scheme != "https") return refuse("only http and https are possible");

  const std::string_view rest = url.substr(scheme_end + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return refuse("the URL holds a query or a fragment");
  }
  const std::size_t authority_end = std::min(rest.find('/'), rest.size());
  std::string authority(rest.substr(0, authority_end));
  std::transform(authority.begin(), authority.end(), authority.begin(), to_lower);
  std::string path(rest.substr(authority_end));
  if (authority.find('@') != std::string::npos) {
    return refuse("the URL holds a user name; the token belongs into SPLUNK_HEC_TOKEN");
  }
  std::size_t host_end = std::min(authority.find(':'), authority.size());
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string::npos) return refuse("the address lacks its closing bracket");
    host_end = bracket + 1;
  }
  const std::string_view host = std::string_view(authority).substr(0, host_end);
  const std::string_view port = std::string_view(authority).substr(host_end);
  if (host.empty()) return refuse("the URL has no host");
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) {
    return refuse("the port is not a number from 1 to 65535");
  }

  HecEndpointUrls endpoint;
  endpoint.name = scheme + "://" + authority;
  if (path.empty() || path == "/") path = std::string(collector_path) + "/event";
  endpoint.event_url = endpoint.name + path;
  // A proxy may serve the collector below a prefix of its own.
  const std::size_t collector_at = path.find(collector_path);
  const std::string prefix = collector_at == std::string::npos ? "" : path.substr(0, collector_at);
  endpoint.ack_url = endpoint.name + prefix + std::string(collector_path) + "/ack";
  endpoint.gzip = gzip == GzipMode::on ||
                  (gzip == GzipMode::automatic && (scheme == "https" || !is_loopback(host)));
  return endpoint;
}

}  // namespace hecate
