#include "receive/ack_ledger.h"

#include <simdjson.h>

namespace hecate::receive {

// Forgets idle channels when there are too many. The walk happens only at the bound.
bool AckLedger::make_room(int64_t now_ms) {
  if (channels_.size() < channels_max) return true;
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (now_ms - it->second.used_ms < channel_idle_ms_max) {
      ++it;
      continue;
    }
    pending_ -= it->second.ready_ms.size();
    it = channels_.erase(it);
  }
  return channels_.size() < channels_max;
}

std::optional<uint64_t> AckLedger::issue(const Issue& request) {
  const std::lock_guard lock(mutex_);
  auto found = channels_.find(request.channel);
  if (found == channels_.end()) {
    if (!make_room(request.now_ms)) return std::nullopt;
    found = channels_.emplace(std::string(request.channel), Channel{}).first;
  }
  Channel& channel = found->second;
  channel.used_ms = request.now_ms;
  if (pending_ >= pending_max) return std::nullopt;
  const uint64_t id = channel.next_id++;
  if (request.lost) return id;
  channel.ready_ms.emplace(id, request.now_ms + request.delay_ms);
  ++pending_;
  return id;
}

std::vector<bool> AckLedger::poll(std::string_view channel_name, std::span<const uint64_t> ids,
                                  int64_t now_ms) {
  std::vector<bool> answers(ids.size(), false);
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(channel_name);
  if (found == channels_.end()) return answers;
  Channel& channel = found->second;
  channel.used_ms = now_ms;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto pending = channel.ready_ms.find(ids[i]);
    if (pending == channel.ready_ms.end() || pending->second > now_ms) continue;
    answers[i] = true;
    channel.ready_ms.erase(pending);
    --pending_;
  }
  return answers;
}

std::optional<std::vector<uint64_t>> parse_ack_query(const PaddedBytes& body) {
  simdjson::dom::parser parser;
  simdjson::dom::array acks;
  if (parser.parse(body.data(), body.size(), false)["acks"].get_array().get(acks) !=
      simdjson::SUCCESS)
    return std::nullopt;
  std::vector<uint64_t> ids;
  for (const simdjson::dom::element ack : acks) {
    uint64_t id = 0;
    if (ack.get_uint64().get(id) != simdjson::SUCCESS) return std::nullopt;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace hecate::receive
