// receiver: the HEC server of `hecate receive`, as an object a test can hold.
//
// Joins the parts: http_server brings requests, fault_plan may spoil them, hec_protocol judges
// them, and what was accepted is written to the output file before the client is told so. Counts
// everything, and answers GET /counts with it. It indexes nothing and keeps no event in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/result.h"
#include "receive/fault_plan.h"
#include "receive/hec_protocol.h"
#include "receive/http_server.h"
#include "receive/id_set.h"

namespace hecate::receive {

struct ReceiverOptions {
  HttpServerOptions http;
  HecSettings hec;
  FaultPlan faults;
  std::string out_file;    ///< accepted envelopes are appended, one a line; empty: nowhere
  bool track_ids = false;  ///< count events whose fields.event_id came before
  size_t ids_max = IdSet::default_ids_max;
};

/// Requests for /counts itself are not counted.
struct ReceiverCounts {
  uint64_t requests = 0;
  uint64_t events = 0;              ///< kept, also of requests that were answered with an error
  uint64_t bytes = 0;               ///< of bodies, on the wire
  uint64_t bytes_uncompressed = 0;  ///< of bodies that were looked at
  uint64_t duplicates = 0;          ///< with track_ids
  uint64_t unique_ids = 0;          ///< with track_ids
  bool ids_overflow = false;        ///< more ids came than can be remembered
  uint64_t acks_issued = 0;
  uint64_t acks_confirmed = 0;
  uint64_t stopped_early = 0;  ///< requests cut short by an unknown key, yet answered with success
  uint64_t resets = 0;         ///< connections reset on purpose
  uint64_t bodies_broken = 0;  ///< the client went away before its body was complete
  uint64_t write_errors = 0;   ///< requests answered with code 8 because the output file failed
  uint64_t connections = 0;
  std::map<int, uint64_t> statuses;  ///< answers by HTTP status
  std::map<int, uint64_t> codes;     ///< answers by HEC code, where they have one
  struct FaultCount {
    std::string name;
    uint64_t seen = 0;
    uint64_t fired = 0;
  };
  std::vector<FaultCount> faults;

  std::string to_json() const;
};

class Receiver {
 public:
  explicit Receiver(ReceiverOptions options);
  ~Receiver();  ///< stops

  /// Listens and serves, on threads of its own, from now on.
  Status start();

  /// Returns when every request under way was answered. Waiting faults are cut short.
  void stop();

  uint16_t port() const noexcept;

  ReceiverCounts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hecate::receive
