// delivery: proof of what became of events.
//
// Progress may move only over events that were delivered or written to the dead letters, so both
// facts are types that cannot be made up: a Delivery is created only by the reader of HEC answers
// (stages/hec_answer) and by the local sinks after the system took the bytes; a DeadLettered only
// by a dead-letter store after it flushed. Both are move-only and count events, so that no event is
// proved twice, and the ledger (checkpoint.h) accepts nothing else.
#pragma once

#include <cstdint>
#include <utility>

namespace hecate {

/// The three ends of an attempt to deliver.
enum class DeliveryOutcome : std::uint8_t {
  delivered,  ///< the receiver said so
  errored,    ///< it did not, or nothing readable: may work later, may have arrived
  rejected,   ///< the receiver refuses these events for good
};

/// A count of events with a proof behind it; see the two uses below.
template <typename Tag>
class Proof {
 public:
  Proof() = default;  ///< proves nothing: zero events
  Proof(const Proof&) = delete;
  Proof& operator=(const Proof&) = delete;
  Proof(Proof&& other) noexcept : events_(std::exchange(other.events_, 0)) {}
  Proof& operator=(Proof&& other) noexcept {
    events_ = std::exchange(other.events_, 0);
    return *this;
  }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Takes over what `other` proves.
  void absorb(Proof&& other) noexcept { events_ += std::exchange(other.events_, 0); }

 private:
  friend Tag;
  explicit Proof(std::uint64_t events) : events_(events) {}
  std::uint64_t events_ = 0;
};

/// Befriended by Proof; befriends in turn the two places that see a delivery happen.
class DeliveryAuthority {
  friend class HecAnswerReader;   // stages/hec_answer.h
  friend class LocalSink;         // stages/local_sink.h
  friend class DeliveryForTests;  // tests/support/proofs.h
  static Proof<DeliveryAuthority> prove(std::uint64_t events) {
    return Proof<DeliveryAuthority>(events);
  }
};
class DeadLetterAuthority {
  friend class DeadLetterStore;   // pipeline/dead_letter.h
  friend class DeliveryForTests;  // tests/support/proofs.h
  static Proof<DeadLetterAuthority> prove(std::uint64_t events) {
    return Proof<DeadLetterAuthority>(events);
  }
};

using Delivery = Proof<DeliveryAuthority>;
using DeadLettered = Proof<DeadLetterAuthority>;

}  // namespace hecate
