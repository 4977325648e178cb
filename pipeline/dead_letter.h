// dead_letter: what is kept of an event or object that cannot be delivered, and where.
//
// A dead letter is written and flushed before the checkpoint moves over its event: an event leaves
// memory only as a Delivery or as a DeadLettered. The line format is fixed (README, "Dead
// letters"); stages/dead_letter_record encodes and reads it. A store that cannot write stops the
// run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/delivery.h"
#include "pipeline/result.h"

namespace hecate {

enum class DeadLetterReason : std::uint8_t { hec_rejected, too_large, bad_object, bad_document };

struct DeadLetter {
  DeadLetterReason reason = DeadLetterReason::bad_object;
  std::string detail;           ///< for people; no payload
  std::optional<int> hec_code;  ///< of the answer that rejected it
  std::optional<int> http_status;
  int attempts = 0;
  std::string_view uri;                 ///< origin: the object ...
  std::string_view etag;                ///< ... its identity ...
  std::optional<std::uint64_t> record;  ///< ... and the event's ordinal; absent for a whole object
  std::int64_t time_ms = 0;             ///< when it was given up, epoch milliseconds
  std::string_view event;               ///< the HEC event as it was to be sent; empty for objects
};

/// Thread-safe. write() returns only after the record would survive a crash of this process.
class DeadLetterStore {
 public:
  virtual ~DeadLetterStore() = default;
  /// Writes one record, flushed. An Error (Errc::storage) means: stop the run.
  Result<DeadLettered> write(const DeadLetter& letter) {
    if (Status written = append_flushed(letter); !written) return fail(std::move(written.error()));
    // A record for a whole object settles no event.
    return DeadLetterAuthority::prove(letter.record ? 1 : 0);
  }

 private:
  virtual Status append_flushed(const DeadLetter& letter) = 0;
};

}  // namespace hecate
