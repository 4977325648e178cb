// checkpoint: how far each object got, and the one way to get further.
//
// The ledger follows every open object. Requests settle in any order; the prefix of an object moves
// only over records that are settled without a gap, and only against proofs (delivery.h). Each
// settlement is saved before settle() returns, so a crash repeats at most the requests that were
// unsettled. Times, sizes and ids are not its business. Without a store it only keeps accounts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/delivery.h"
#include "pipeline/envelope.h"
#include "pipeline/metrics.h"
#include "pipeline/result.h"

namespace hecate {

struct Request;
struct Segment;

enum class ObjectStatus : std::uint8_t {
  partial,  ///< some records are settled, or none yet
  done,     ///< read to the end, every record settled
  failed,   ///< damaged; what was readable is settled, the object dead-lettered; not tried again
  unread,   ///< could not be opened or read this time (permissions, network); tried again next run
};

/// What a checkpoint holds of one object. Counts are over all runs.
struct ObjectState {
  std::string uri;
  std::string identity;
  ObjectStatus status = ObjectStatus::partial;
  std::uint64_t records_settled = 0;  ///< a contiguous prefix of its records
  std::uint64_t events_delivered = 0;
  std::uint64_t events_filtered = 0;
  std::uint64_t events_dead_lettered = 0;
  std::string last_error;
};

/// Keeps object states across crashes. Calls are serialised by the ledger.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// The state of exactly this object and identity; nothing when it was never seen.
  virtual Result<std::optional<ObjectState>> load(std::string_view uri,
                                                  std::string_view identity) = 0;
  /// Saves all of `states`, or none. Survives a crash of the process once it returned.
  virtual Status save(std::span<const ObjectState> states) = 0;
};

/// The account of one open object. Created and changed by the Ledger only.
class ObjectProgress {
 public:
  [[nodiscard]] const Envelope& envelope() const noexcept { return envelope_; }
  /// Records settled by earlier runs: the first `resume_from()` records are not sent again.
  [[nodiscard]] std::uint64_t resume_from() const noexcept { return resume_from_; }

 private:
  friend class Ledger;
  /// Settled records that wait for a gap before them to close. Their counts join those of the state
  /// together with the prefix: what is saved must describe the prefix and nothing beyond it.
  struct SettledRange {
    std::uint64_t end_record = 0;
    std::uint64_t delivered = 0;
    std::uint64_t filtered = 0;
    std::uint64_t dead_lettered = 0;
  };

  Envelope envelope_;
  ObjectState state_;
  std::uint64_t resume_from_ = 0;
  std::map<std::uint64_t, SettledRange> settled_ahead_;  // by first record, beyond the prefix
  std::optional<std::uint64_t> records_total_;  // known once the object was read to its end
  ObjectStatus final_status_ = ObjectStatus::done;
  std::string final_error_;
  bool closed_ = false;
  std::uint64_t dirty_epoch_ = 0;  // of the ledger, when the state below was put into dirty_
  std::size_t dirty_slot_ = 0;
};

/// Thread-safe.
class Ledger {
 public:
  /// `store` may be null: nothing is remembered then. Both outlive the ledger.
  Ledger(CheckpointStore* store, Metrics& metrics) : store_(store), metrics_(metrics) {}

  /// Starts the account of an object, from where an earlier run left it. Null when there is nothing
  /// left to do: it is done, or failed for good (counted as skipped).
  Result<std::shared_ptr<ObjectProgress>> open(const Envelope& envelope);

  /// All events of `request` are settled: delivered or dead-lettered, as the proofs say. The number
  /// of proved events must be the number of its events. `dead_events` names the dead-lettered ones
  /// as places in request.events, each once, in any order. The segments' records must be settled
  /// for the first time. Saved when this returns without an error.
  Status settle(const Request& request, Delivery delivered, DeadLettered dead_lettered,
                std::span<const std::uint32_t> dead_events);

  /// The object was read: `records_total` records, counted from its beginning. `status` is done,
  /// failed or unread; the latter two with the sentence that was shown to the user. Called once per
  /// object. An error also when the checkpoint knows of more records than the object has.
  Status finish(ObjectProgress& object, std::uint64_t records_total, ObjectStatus status,
                std::string last_error = {});

  /// Saves what finish() left for later. Called when a run ends.
  Status flush();

  /// Objects opened whose records are not all settled.
  [[nodiscard]] std::uint64_t objects_open() const;

 private:
  using SettledRange = ObjectProgress::SettledRange;

  void settle_segment(const Segment& segment, std::uint64_t dead_events);
  /// True when the prefix moved.
  static bool advance(ObjectProgress& object, std::uint64_t first, const SettledRange& range);
  /// True when the object is closed by this call.
  bool close_if_settled(ObjectProgress& object);
  void mark_dirty(ObjectProgress& object);
  Status save_dirty();

  CheckpointStore* store_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::vector<ObjectState> dirty_;              // copies: an object may go before they are saved
  std::uint64_t epoch_ = 1;                     // moves on whenever dirty_ was saved and emptied
  std::vector<std::uint64_t> dead_by_segment_;  // scratch of settle()
  std::uint64_t objects_open_ = 0;
};

}  // namespace hecate
