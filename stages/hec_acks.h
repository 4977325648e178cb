// hec_acks: the channel of one connection to one endpoint, and what waits there to be confirmed.
//
// Acknowledgement numbers mean something only together with the channel they were given for, and
// only while the receiver's process lives. A number that does not grow shows that it was restarted,
// or that another node answers: the channel is dead then, nothing on it can be confirmed any more.
// "True" is said once, so an answer that was lost may have taken it along: what was asked for gets
// a shorter deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/io.h"
#include "stages/hec_answer.h"
#include "stages/hec_flight.h"

namespace hecate {

/// Part of a request that was accepted under a number.
struct PendingAck {
  std::uint64_t ack_id = 0;
  HecFlight* flight = nullptr;
  EventRange range;
  std::chrono::steady_clock::time_point deadline;
};

class HecChannel {
 public:
  /// Numbers asked for in one query.
  static constexpr std::size_t ids_per_query_max = 1000;
  /// How long an accepted request waits for its confirmation, unless told otherwise: small last
  /// batches are known to sit in an indexer for about two minutes.
  static constexpr std::chrono::seconds ack_timeout{180};
  /// ... once an answer was lost that may have held the confirmation.
  static constexpr std::chrono::seconds lost_answer_timeout{30};

  explicit HecChannel(Random& random) : random_(&random), id_(new_id()) {}

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] bool empty() const noexcept { return pending_.empty(); }

  /// Remembers an accepted part. False: the channel is dead; see reset().
  [[nodiscard]] bool add(const PendingAck& pending);
  /// The body of the query for what is pending, the oldest first.
  [[nodiscard]] std::string query() const;
  /// Credits what `acks` confirms to its flights; how many parts.
  std::size_t confirm(HecAcks& acks);
  /// The answer to a query was lost.
  void answer_lost(std::chrono::steady_clock::time_point now);
  /// Takes out what was not confirmed in time.
  std::vector<PendingAck> take_overdue(std::chrono::steady_clock::time_point now);
  /// A new channel; hands out everything pending on the old one.
  std::vector<PendingAck> reset();

 private:
  std::string new_id();

  Random* random_;
  std::string id_;
  std::optional<std::uint64_t> last_ack_id_;
  std::vector<PendingAck> pending_;  // by number
};

}  // namespace hecate
