// hec_run: what all connections of one HEC sink share.
//
// Made once by the sink, before its threads; every member takes care of its own locking. It holds
// no requests: those travel from the sink's queue to one connection and back.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "pipeline/config.h"
#include "pipeline/dead_letter.h"
#include "pipeline/io.h"
#include "pipeline/metrics.h"
#include "stages/endpoint_health.h"
#include "stages/hec_endpoint.h"
#include "stages/notice.h"
#include "stages/rate_limit.h"
#include "stages/retry.h"
#include "stages/token_cache.h"

namespace hecate {

/// Makes the transport of one connection. `aborted` is asked during transfers, from the thread that
/// uses the transport; once true, the transfer ends with Errc::interrupted.
using TransportFactory =
    std::function<std::unique_ptr<HttpTransport>(std::function<bool()> aborted)>;

/// The world as a HEC sink needs it. All of it outlives the sink; clock and metrics are
/// thread-safe.
struct HecPorts {
  TransportFactory transports;
  TokenProvider& token;
  Clock& clock;
  Random& random;
  DeadLetterStore& dead_letters;
  Metrics& metrics;
};

/// Lets threads share a source of random numbers.
class LockedRandom : public Random {
 public:
  explicit LockedRandom(Random& random) : random_(random) {}
  std::uint64_t below(std::uint64_t bound) override {
    const std::scoped_lock lock(mutex_);
    return random_.below(bound);
  }

 private:
  std::mutex mutex_;
  Random& random_;
};

struct HecRun {
  HecRun(const HecConfig& config, std::vector<HecEndpointUrls> hec_endpoints,
         std::uint64_t rate_bytes_per_second, std::chrono::milliseconds ack_wait, Notice notice,
         const HecPorts& ports)
      : hec(config),
        endpoints(std::move(hec_endpoints)),
        ack_timeout(ack_wait),
        clock(ports.clock),
        random(ports.random),
        dead_letters(ports.dead_letters),
        metrics(ports.metrics),
        retry(hec.retry, clock, random),
        health(endpoints.size(), retry, clock),
        tokens(ports.token, clock),
        rate(rate_bytes_per_second, clock),
        notices(std::move(notice), clock) {}

  const HecConfig hec;
  const std::vector<HecEndpointUrls> endpoints;
  const std::chrono::milliseconds ack_timeout;
  Clock& clock;
  LockedRandom random;
  DeadLetterStore& dead_letters;
  Metrics& metrics;
  RetryPolicy retry;
  EndpointHealth health;
  TokenCache tokens;
  RateLimit rate;
  Notices notices;
  std::atomic<bool> acks_seen{false};  ///< the token is known to give acknowledgements
  std::function<bool()> halted;        ///< no further post may begin; set before threads start
};

}  // namespace hecate
