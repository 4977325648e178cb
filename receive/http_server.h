// http_server: HTTP/1.1 with keep-alive, plain or TLS, on top of cpp-httplib.
//
// cpp-httplib listens, reads request heads and bodies (chunked ones too), answers
// `Expect: 100-continue` and spells the answer. What it does not offer is taken over here: each
// connection is served by our own loop on our own Transport, so that a handler can refuse a body
// unread, cut an answer short or reset the connection; so that stopping does not wait for idle
// clients; and so that an answer leaves in one piece. The library is a heavy header, hence it is
// seen by http_server.cc only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "pipeline/result.h"
#include "receive/hec_answer.h"
#include "receive/padded_bytes.h"

namespace hecate::receive {

struct HttpHead {
  std::string method;
  std::string path;
  std::string query;
  std::string authorization;
  std::string channel;
  std::string content_encoding;
};

/// One request and its fate. Lives as long as the handler runs.
class HttpExchange {
 public:
  enum class BodyRead { whole, too_large, broken };

  virtual ~HttpExchange() = default;

  virtual const HttpHead& head() const = 0;

  /// Collects the body in `body`. After too_large and broken the connection ends with the answer.
  virtual BodyRead read_body(size_t bytes_max, PaddedBytes& body) = 0;

  virtual void answer(HecAnswer answer) = 0;

  /// The connection ends after so many bytes of the answer's body.
  virtual void cut_body(size_t bytes) = 0;

  /// The connection is reset and nothing is answered.
  virtual void reset() = 0;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  ///< 0: any free one
  /// Each takes a thread for as long as it lasts; more of them wait.
  size_t connections_max = 128;
  int idle_ms_max = 600'000;
  std::string tls_cert_file;  ///< with tls_key_file: speak TLS
  std::string tls_key_file;
};

class HttpServer {
 public:
  using Handler = std::function<void(HttpExchange&)>;

  /// `handler` is called from many threads at once.
  HttpServer(HttpServerOptions options, Handler handler);
  ~HttpServer();

  Status start();

  /// Ends idle connections, lets answers under way leave, and returns when all threads are done.
  void stop();

  uint16_t port() const noexcept;
  uint64_t connections() const noexcept;  ///< accepted so far

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hecate::receive
