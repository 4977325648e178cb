// io: the ports through which hecate touches the world.
//
// Few methods, exact contracts; the real ones live at the edges (batch/, net/, aws/), the faked
// ones in tests/support. Nothing else in pipeline/ or stages/ reads a clock, a file or a socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/envelope.h"
#include "pipeline/result.h"
#include "pipeline/secret.h"

namespace hecate {

/// Bytes of an object, in order.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// Fills a front part of `into` and returns how much; 0 only at the end. Blocks.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

/// A stream of input objects, and the way to open each.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual Result<std::unique_ptr<ByteReader>> open(const Envelope& object) = 0;
};

/// Time that moves forward, and the wall clock; sleeping that a stop request ends.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
  [[nodiscard]] virtual std::int64_t epoch_ms() const = 0;
  /// Sleeps for `duration` or until `stopped()` says true; false when it was stopped.
  virtual bool sleep_for(std::chrono::milliseconds duration,
                         const std::function<bool()>& stopped) = 0;
};

/// Random numbers for jitter. Seeded and printed in tests.
class Random {
 public:
  virtual ~Random() = default;
  /// Uniform in [0, bound); bound > 0.
  virtual std::uint64_t below(std::uint64_t bound) = 0;
};

/// Keeps results that are slow to compute (compiled patterns). Losing one costs time only.
class BlobCache {
 public:
  virtual ~BlobCache() = default;
  virtual std::optional<std::string> load(std::string_view key) = 0;
  virtual void store(std::string_view key, std::string_view bytes) = 0;
};

struct HttpRequest {
  std::string_view url;
  std::string_view method = "POST";
  std::span<const std::pair<std::string, std::string>> headers;
  std::string_view body;
  std::chrono::milliseconds timeout{0};  ///< whole exchange; 0: limits::request_timeout
};

/// A whole answer. A cut, oversize or malformed one is an Error, never an HttpAnswer.
struct HttpAnswer {
  int status = 0;
  std::string body;  ///< at most limits::hec_answer_bytes_max
  std::string content_type;
  std::optional<std::string> retry_after;
  bool connection_reused = false;
};

/// One connection to one server at a time; not thread-safe; keeps the connection between calls.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// Errors: transient (nothing or an unknown part was taken), denied (TLS), usage (bad URL).
  virtual Result<HttpAnswer> send(const HttpRequest& request) = 0;
};

/// Where a HEC token comes from. Not called by two threads at once.
class TokenProvider {
 public:
  virtual ~TokenProvider() = default;
  /// The token, never empty. `fresh`: what is kept from earlier calls was refused, so look again.
  virtual Result<Secret> token(bool fresh) = 0;
};

}  // namespace hecate
