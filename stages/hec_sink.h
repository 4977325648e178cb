// hec_sink: delivers requests to HEC over several connections.
//
//   submit() -> queue -> window -> connection 0..N-1 -> ledger.settle() -> pool
//
// The queue and the window are bounded; who submits waits. Requests start in order, and only while
// they are close to the oldest one that is not settled: a crash therefore repeats at most as many
// requests as there are connections (with acknowledgements: as may wait for them). The first
// failure that no waiting mends stops everything; what was not settled by then stays so. How a
// single request is delivered is hec_connection's business.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "pipeline/checkpoint.h"
#include "pipeline/request.h"
#include "stages/hec_connection.h"
#include "stages/hec_run.h"

namespace hecate {

struct HecSinkOptions {
  HecConfig hec;
  std::size_t connections = 4;
  std::uint64_t rate_bytes_per_second = 0;  ///< of bodies before compression; 0: no limit
  /// How long an accepted request may wait for its acknowledgement before it is sent again.
  std::chrono::milliseconds ack_timeout = HecChannel::ack_timeout;
  /// True once the run shall end: nothing new is posted, posts under way may finish for a while.
  /// Asked by all threads of the sink. Empty: never.
  std::function<bool()> stopped;
  Notice notice;  ///< may be empty
};

class HecSink : public Sink {
 public:
  /// Requests that one connection may have waiting for acknowledgements.
  static constexpr std::size_t acks_waiting_max = 32;

  /// Checks the endpoints, fetches the token and starts the connections' threads; connects to
  /// nothing yet. Everything passed by reference outlives the sink.
  static Result<std::unique_ptr<HecSink>> open(HecSinkOptions options, const HecPorts& ports,
                                               Ledger& ledger, RequestPool& pool);
  /// Stops. Aborts what is under way, so drain() first.
  ~HecSink() override;
  HecSink(const HecSink&) = delete;
  HecSink& operator=(const HecSink&) = delete;

  Status submit(std::unique_ptr<Request> request) override;
  Status drain() override;

 private:
  enum class Turn : std::uint8_t { deliver, poll, end };

  HecSink(HecSinkOptions options, std::vector<HecEndpointUrls> endpoints, const HecPorts& ports,
          Ledger& ledger, RequestPool& pool);
  void start(const TransportFactory& transports);
  void work(HecConnection& connection);
  Turn next_turn(const HecConnection& connection, std::unique_ptr<Request>& request);
  bool may_start_locked() const;
  Status settle(HecFlight& flight);
  void mark_settled(std::uint64_t sequence);
  void stop_for(Error error);
  void drop_queue();
  bool halted();
  bool aborted();

  const std::size_t connection_count_;
  const std::size_t window_;
  const std::function<bool()> stopped_;
  Ledger& ledger_;
  RequestPool& pool_;
  HecRun run_;
  std::vector<std::unique_ptr<HecConnection>> connections_;

  std::mutex mutex_;
  std::condition_variable changed_;  // anything below
  std::deque<std::unique_ptr<Request>> queue_;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t oldest_unsettled_ = 0;
  std::vector<bool> settled_;  // by sequence modulo window_, from oldest_unsettled_ on
  std::size_t threads_running_ = 0;
  std::optional<Error> fatal_;

  std::atomic<bool> failed_{false};  // fatal_ is set
  std::atomic<bool> closing_{false};
  std::atomic<std::int64_t> halted_since_ns_{0};  // of the clock; 0: not halted
  std::vector<std::thread> threads_;
};

}  // namespace hecate
