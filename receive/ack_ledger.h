// ack_ledger: indexer acknowledgement, per channel.
//
// Every accepted request on a channel gets the next id, counting from 0. A poll is told `true` for
// an id once; from then on, and for ids never given, the answer is `false`. That is the trap that
// clients must survive, so it is kept exactly. Everything is bounded: an idle channel is forgotten
// with its ids, as splunkd does, and where no room is left the request is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "receive/padded_bytes.h"

namespace hecate::receive {

class AckLedger {
 public:
  static constexpr size_t channels_max = 10'000;
  static constexpr size_t pending_max = 1'000'000;
  static constexpr int64_t channel_idle_ms_max = 600'000;

  struct Issue {
    std::string_view channel;
    int64_t now_ms = 0;
    int64_t delay_ms = 0;  ///< polls before that are told `false`
    bool lost = false;     ///< polls are told `false` for ever
  };

  /// The id of one more accepted request; nothing when the ledger is full.
  std::optional<uint64_t> issue(const Issue& request);

  /// One answer per id, in order.
  std::vector<bool> poll(std::string_view channel, std::span<const uint64_t> ids, int64_t now_ms);

 private:
  struct Channel {
    uint64_t next_id = 0;
    int64_t used_ms = 0;
    std::unordered_map<uint64_t, int64_t> ready_ms;  // id -> when it turns true
  };

  bool make_room(int64_t now_ms);

  std::mutex mutex_;
  std::map<std::string, Channel, std::less<>> channels_;
  size_t pending_ = 0;
};

/// The ids of {"acks":[0,1,2]}; nothing when the body is not that.
std::optional<std::vector<uint64_t>> parse_ack_query(const PaddedBytes& body);

}  // namespace hecate::receive
