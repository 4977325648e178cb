#include "stages/hec_sink.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// A stop request has no way to wake a thread, so threads that wait look up this often.
constexpr milliseconds look_up_interval{50};
constexpr milliseconds ack_wait_slice{20};

Error interrupted() {
  return {Errc::interrupted, "stopped with work left; run the same command again to go on"};
}

}  // namespace

Result<std::unique_ptr<HecSink>> HecSink::open(HecSinkOptions options, const HecPorts& ports,
                                               Ledger& ledger, RequestPool& pool) {
  if (options.hec.endpoints.empty()) {
    return fail(Errc::usage, "no HEC endpoint: use --to URL, or set hec.endpoints");
  }
  std::vector<HecEndpointUrls> endpoints;
  for (const std::string& url : options.hec.endpoints) {
    Result<HecEndpointUrls> endpoint = parse_hec_endpoint(url, options.hec.gzip);
    if (!endpoint) return fail(std::move(endpoint.error()));
    endpoints.push_back(std::move(*endpoint));
  }
  options.connections = std::clamp<std::size_t>(options.connections, 1, limits::connections_max);
  std::unique_ptr<HecSink> sink(
      new HecSink(std::move(options), std::move(endpoints), ports, ledger, pool));
  const Result<TokenCache::Held> token = sink->run_.tokens.current();
  if (!token) return fail(token.error());
  sink->start(ports.transports);
  return sink;
}

HecSink::HecSink(HecSinkOptions options, std::vector<HecEndpointUrls> endpoints,
                 const HecPorts& ports, Ledger& ledger, RequestPool& pool)
    : connection_count_(options.connections),
      window_(options.connections * (options.hec.ack ? acks_waiting_max : 1)),
      stopped_(std::move(options.stopped)),
      ledger_(ledger),
      pool_(pool),
      run_(options.hec, std::move(endpoints), options.rate_bytes_per_second, options.ack_timeout,
           std::move(options.notice), ports),
      settled_(window_, false) {
  run_.halted = [this] { return halted(); };
}

void HecSink::start(const TransportFactory& transports) {
  for (std::size_t i = 0; i < connection_count_; ++i) {
    connections_.push_back(std::make_unique<HecConnection>(
        run_, transports([this] { return aborted(); }), i, connection_count_,
        [this](HecFlight& flight) { return settle(flight); }));
  }
  threads_running_ = connection_count_;
  for (const auto& connection : connections_) {
    threads_.emplace_back([this, &connection = *connection] { work(connection); });
  }
}

HecSink::~HecSink() {
  closing_ = true;
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  drop_queue();
}

bool HecSink::halted() {
  if (halted_since_ns_ != 0) return true;  // for good, whatever `stopped_` says later
  if (!closing_ && !failed_ && !(stopped_ && stopped_())) return false;
  std::int64_t never = 0;
  const nanoseconds now = run_.clock.now().time_since_epoch();
  halted_since_ns_.compare_exchange_strong(never, std::max<std::int64_t>(1, now.count()));
  return true;
}

bool HecSink::aborted() {
  if (closing_) return true;
  if (!halted()) return false;
  const nanoseconds now = run_.clock.now().time_since_epoch();
  return now - nanoseconds(halted_since_ns_.load()) >= limits::drain_timeout;
}

Status HecSink::submit(std::unique_ptr<Request> request) {
  if (request->events.empty()) {
    Status settled = ledger_.settle(*request, {}, {}, {});
    pool_.give_back(std::move(request));
    if (!settled) stop_for(settled.error());
    return settled;
  }
  std::unique_lock lock(mutex_);
  while (!fatal_ && !halted() && queue_.size() >= connection_count_) {
    changed_.wait_for(lock, look_up_interval);
  }
  if (fatal_ || halted()) {
    Error error = fatal_ ? *fatal_ : interrupted();
    lock.unlock();
    pool_.give_back(std::move(request));
    return fail(std::move(error));
  }
  request->sequence = next_sequence_++;
  queue_.push_back(std::move(request));
  changed_.notify_all();
  return {};
}

Status HecSink::drain() {
  std::unique_lock lock(mutex_);
  while (oldest_unsettled_ < next_sequence_ && threads_running_ > 0) {
    changed_.wait_for(lock, look_up_interval);
  }
  if (fatal_) {
    // Connections that had begun something may still be ending it.
    while (threads_running_ > 0) changed_.wait_for(lock, look_up_interval);
    return fail(*fatal_);
  }
  if (oldest_unsettled_ < next_sequence_) return fail(interrupted());
  return {};
}

/// One connection's thread.
void HecSink::work(HecConnection& connection) {
  for (;;) {
    std::unique_ptr<Request> request;
    const Turn turn = next_turn(connection, request);
    if (turn == Turn::end) break;
    Status status =
        turn == Turn::deliver ? connection.deliver(std::move(request)) : connection.poll_acks();
    if (!status) {
      stop_for(std::move(status.error()));
      break;
    }
    connection.pause_if_asked();
  }
  connection.abandon(
      [this](std::unique_ptr<Request> request) { pool_.give_back(std::move(request)); });
  drop_queue();
  const std::scoped_lock lock(mutex_);
  --threads_running_;
  changed_.notify_all();
}

bool HecSink::may_start_locked() const {
  return !queue_.empty() && queue_.front()->sequence < oldest_unsettled_ + window_;
}

HecSink::Turn HecSink::next_turn(const HecConnection& connection,
                                 std::unique_ptr<Request>& request) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool waits_for_acks = connection.waiting() > 0;
    if (closing_ || failed_ || aborted()) return Turn::end;
    if (waits_for_acks && run_.clock.now() >= connection.poll_at()) return Turn::poll;
    if (halted()) {
      if (!waits_for_acks) return Turn::end;
    } else if (may_start_locked() && connection.waiting() < acks_waiting_max) {
      request = std::move(queue_.front());
      queue_.pop_front();
      changed_.notify_all();
      return Turn::deliver;
    }
    if (!waits_for_acks) {
      changed_.wait_for(lock, look_up_interval);
      continue;
    }
    const auto left = std::chrono::ceil<milliseconds>(connection.poll_at() - run_.clock.now());
    lock.unlock();
    run_.clock.sleep_for(std::min(left, ack_wait_slice), [this] { return aborted(); });
    lock.lock();
  }
}

Status HecSink::settle(HecFlight& flight) {
  const std::uint64_t sequence = flight.request().sequence;
  Status settled = ledger_.settle(flight.request(), flight.take_delivered(),
                                  flight.take_dead_lettered(), flight.dead_events());
  if (!settled) return settled;
  pool_.give_back(flight.release());
  mark_settled(sequence);
  return {};
}

void HecSink::mark_settled(std::uint64_t sequence) {
  const std::scoped_lock lock(mutex_);
  check(sequence >= oldest_unsettled_ && sequence < oldest_unsettled_ + window_,
        "only requests within the window are settled");
  settled_[sequence % window_] = true;
  while (settled_[oldest_unsettled_ % window_]) {
    settled_[oldest_unsettled_ % window_] = false;
    ++oldest_unsettled_;
  }
  changed_.notify_all();
}

void HecSink::stop_for(Error error) {
  const std::scoped_lock lock(mutex_);
  if (!fatal_) fatal_ = std::move(error);
  failed_ = true;
  changed_.notify_all();
}

/// Frees the requests that will not be posted, so that nobody waits for them in vain.
void HecSink::drop_queue() {
  std::deque<std::unique_ptr<Request>> dropped;
  {
    const std::scoped_lock lock(mutex_);
    dropped.swap(queue_);
  }
  for (std::unique_ptr<Request>& request : dropped) pool_.give_back(std::move(request));
}

}  // namespace hecate
