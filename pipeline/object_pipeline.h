// object_pipeline: what a worker runs objects through, whatever is in them.
//
// A worker opens an object, takes batches that are ready to be sent until there are no more, and
// starts on the next one. One virtual call per batch. What happens in between is visible in
// stages/log_pipeline.h (archives) and stages/replay_pipeline.h (dead letters).
#pragma once

#include <cstdint>

#include "pipeline/batch.h"
#include "pipeline/io.h"

namespace hecate {

/// One object at a time; not thread-safe.
class ObjectPipeline {
 public:
  virtual ~ObjectPipeline() = default;
  /// Starts on an object. Both arguments outlive the reading of it. The first `resume_from` records
  /// count as delivered. Fails when not even the beginning can be read.
  virtual Status open(const Envelope& envelope, ByteReader& object, std::uint64_t resume_from) = 0;
  /// The next batch, encoded. False at the end. An Error ends the object; batches handed out before
  /// stay good.
  virtual Result<bool> next(Batch& batch) = 0;
  /// Records handed out of this object so far.
  [[nodiscard]] virtual std::uint64_t records() const = 0;
  /// Bytes read from this object so far, as stored and once decompressed.
  [[nodiscard]] virtual std::uint64_t bytes_in() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_out() const = 0;
};

}  // namespace hecate
