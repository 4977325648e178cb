// hec_endpoint: one HEC receiver, from what the user wrote to the URLs that are posted to.
//
// Refuses what should never be given a token: other schemes, user names and queries in the URL,
// control characters. Resolves nothing and connects to nothing.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/config.h"
#include "pipeline/result.h"

namespace hecate {

struct HecEndpointUrls {
  std::string event_url;  ///< the path defaults to /services/collector/event
  std::string ack_url;
  std::string name;  ///< scheme, host and port, for messages
  bool gzip = true;  ///< bodies are worth compressing
};

/// `http(s)://host[:port][/path]`. With gzip automatic, only plain http to this machine goes
/// uncompressed. Errors: usage.
Result<HecEndpointUrls> parse_hec_endpoint(std::string_view url, GzipMode gzip);

}  // namespace hecate
