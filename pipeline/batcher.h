// batcher: cuts encoded batches into requests.
//
// A request goes out when its bytes or its events are enough, or when it has waited long enough;
// whichever comes first. One batcher belongs to one worker. Every record of every batch ends up in
// exactly one segment of one request, the filtered ones included, so that progress has no gaps.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "pipeline/batch.h"
#include "pipeline/config.h"
#include "pipeline/io.h"
#include "pipeline/request.h"

namespace hecate {

class Batcher {
 public:
  /// `pool`, `sink` and `clock` outlive the batcher.
  Batcher(BatchLimits limits, RequestPool& pool, Sink& sink, const Clock& clock)
      : limits_(limits), pool_(pool), sink_(sink), clock_(clock) {}

  /// Takes the kept events of an encoded batch. Dead letters in it are already written and counted
  /// here as settled. May submit requests, and wait for the sink. Errors are the sink's.
  Status add(const Batch& batch, const std::shared_ptr<ObjectProgress>& object);
  /// Submits what is there.
  Status flush();
  /// Submits what is there if it has waited for `limits.wait`.
  Status flush_if_due();

 private:
  Status begin_request();
  Segment& segment_for(const std::shared_ptr<ObjectProgress>& object, std::uint64_t record);
  [[nodiscard]] bool is_full(std::size_t more_bytes) const noexcept;

  BatchLimits limits_;
  RequestPool& pool_;
  Sink& sink_;
  const Clock& clock_;
  std::unique_ptr<Request> request_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace hecate
