// request: encoded events on their way to a sink, and the fixed number of them.
//
// A request spans objects (many archives are tiny) and an object spans requests. Each remembers the
// records it settles, those that were filtered on the way included, so that progress has no gaps.
// The pool holds a fixed number of requests: a worker that finds it empty waits, and that is the
// backpressure of hecate.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "pipeline/buffer.h"
#include "pipeline/checkpoint.h"

namespace hecate {

/// One encoded event of a request: its bytes end at `end` (and begin where the previous one ends).
struct RequestEvent {
  std::uint32_t end = 0;
  std::uint32_t segment = 0;  ///< index into Request::segments
  std::uint64_t record = 0;   ///< ordinal within the object
};

/// Consecutive records of one object that this request settles.
struct Segment {
  std::shared_ptr<ObjectProgress> object;
  std::uint64_t first_record = 0;
  std::uint64_t end_record = 0;     ///< one past the last
  std::uint64_t filtered = 0;       ///< of them: dropped on purpose
  std::uint64_t dead_lettered = 0;  ///< of them: already written to the dead letters
};

struct Request {
  Buffer body;                       ///< HEC objects, a newline behind each
  std::vector<RequestEvent> events;  ///< may be empty: then there is only bookkeeping to do
  std::vector<Segment> segments;
  std::uint64_t sequence = 0;  ///< order of submission; given by the sink

  [[nodiscard]] std::string_view event_bytes(std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : events[i - 1].end;
    return body.view(begin, events[i].end - begin);
  }
  void clear() noexcept {
    body.clear();
    events.clear();
    segments.clear();
    sequence = 0;
  }
};

/// A fixed number of requests, reused. Thread-safe.
class RequestPool {
 public:
  RequestPool(std::size_t count, std::size_t body_bytes);
  /// Waits for a free request; null when `close()` was called.
  std::unique_ptr<Request> take();
  void give_back(std::unique_ptr<Request> request);
  /// Wakes everybody who waits; take() returns null from now on.
  void close();
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  const std::size_t count_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Request>> free_;
  bool closed_ = false;
};

/// Where requests go. Thread-safe. The sink settles each request with the ledger exactly once and
/// gives it back to the pool.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Takes the request over. Blocks while the window is full. An Error says why the run must stop:
  /// auth, storage, transient (retries exhausted) or interrupted; the request is then not settled.
  virtual Status submit(std::unique_ptr<Request> request) = 0;
  /// Waits until everything submitted is settled, or says why that cannot be.
  virtual Status drain() = 0;
};

}  // namespace hecate
