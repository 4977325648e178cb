// http_client: HttpTransport over libcurl.
//
// One easy handle, so one connection per host, kept alive between calls together with its TLS
// session and cookies. It does what a client with a secret must: certificates are verified unless
// told otherwise, redirects are not followed, only http and https are spoken, answers are bounded,
// every exchange has time limits. Status codes are not its business: any whole answer is a success.
// Plain http ignores proxies; https uses HTTPS_PROXY and NO_PROXY of the environment.
#pragma once

#include <functional>
#include <memory>

#include "pipeline/config.h"
#include "pipeline/io.h"
#include "pipeline/limits.h"

namespace hecate {

/// libcurl's global state. Made once in main, before threads; outlives all clients. Also ignores
/// SIGPIPE, so that a connection closed by its server is an Error.
class HttpRuntime {
 public:
  HttpRuntime();
  ~HttpRuntime();
  HttpRuntime(const HttpRuntime&) = delete;
  HttpRuntime& operator=(const HttpRuntime&) = delete;
};

struct HttpClientOptions {
  TlsConfig tls;
  std::chrono::milliseconds connect_timeout = limits::connect_timeout;
  /// Larger answers are Errors.
  std::size_t answer_bytes_max = limits::hec_answer_bytes_max;
  /// Asked several times a second during transfers; true ends them. May be empty.
  std::function<bool()> aborted;
};

/// Errors of send(): transient (nothing or an unknown part was taken), denied (TLS), usage (the
/// URL, a header or a file of the TLS options), interrupted (aborted).
Result<std::unique_ptr<HttpTransport>> make_http_client(HttpClientOptions options);

}  // namespace hecate
