// worker: takes objects from the queue and runs them through the pipeline into requests.
//
// One thread, one pipeline, one object at a time. What goes wrong with an object ends that object
// (dead letter, next one); what goes wrong with the sink, the dead letters or the checkpoint ends
// the run. Owns no policy about retries or exit statuses.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "batch/object_lister.h"
#include "pipeline/batcher.h"
#include "pipeline/dead_letter.h"
#include "pipeline/io.h"
#include "pipeline/object_pipeline.h"
#include "stages/log_pipeline.h"

namespace hecate {

/// Hands listed objects to workers, one at a time. Thread-safe.
class ObjectQueue {
 public:
  explicit ObjectQueue(ObjectLister& lister) : lister_(lister) {}
  Result<std::optional<Listed>> next() {
    const std::scoped_lock lock(mutex_);
    Result<std::optional<Listed>> listed = lister_.next();
    if (listed && *listed) ++handed_out_;
    if (listed && !*listed) exhausted_ = true;
    return listed;
  }
  /// Both are for when the workers are done.
  [[nodiscard]] std::uint64_t handed_out() const noexcept { return handed_out_; }
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

 private:
  std::mutex mutex_;
  std::uint64_t handed_out_ = 0;
  bool exhausted_ = false;
  ObjectLister& lister_;
};

/// What workers share. Everything outlives them.
struct WorkerPorts {
  ObjectQueue& objects;
  ObjectStore& store;
  Ledger& ledger;
  RequestPool& pool;
  Sink& sink;
  DeadLetterStore& dead_letters;
  const Clock& clock;
  Metrics& metrics;
  std::function<bool()> stopped;
  std::function<void(std::string_view)> notice;
  std::function<void(const Envelope&)> skipped;  ///< an earlier run did this object
};

/// A LogPipeline for workers.
std::unique_ptr<ObjectPipeline> as_object_pipeline(LogPipeline pipeline);

class Worker {
 public:
  Worker(WorkerPorts ports, std::unique_ptr<ObjectPipeline> pipeline, BatchLimits limits)
      : ports_(std::move(ports)),
        pipeline_(std::move(pipeline)),
        batcher_(limits, ports_.pool, ports_.sink, ports_.clock) {}
  Worker(WorkerPorts ports, LogPipeline pipeline, BatchLimits limits)
      : Worker(std::move(ports), as_object_pipeline(std::move(pipeline)), limits) {}

  /// Works until there are no more objects, then submits what is left. An Error ends the run.
  Status run();

 private:
  Status process(const Listed& listed);
  Status read_object(const std::shared_ptr<ObjectProgress>& object);
  Status take_batch(const std::shared_ptr<ObjectProgress>& object);
  Status write_dead_letters(const Envelope& envelope);
  Status give_up_object(ObjectProgress* object, const Envelope& envelope, std::uint64_t records,
                        const Error& error);
  Status dead_letter_object(const Envelope& envelope, const Error& error);
  void count_batch();
  void count_bytes();

  WorkerPorts ports_;
  std::unique_ptr<ObjectPipeline> pipeline_;
  Batcher batcher_;
  Batch batch_;
  std::uint64_t bytes_in_counted_ = 0;
  std::uint64_t bytes_out_counted_ = 0;
};

}  // namespace hecate
