#include "stages/hec_acks.h"

#include <algorithm>
#include <utility>

namespace hecate {

std::string HecChannel::new_id() {
  // A version 4 UUID: receivers insist on the shape.
  constexpr std::string_view shape = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  constexpr std::string_view hex = "0123456789abcdef";
  std::string id(shape);
  for (char& c : id) {
    if (c == 'x') c = hex[random_->below(16)];
    if (c == 'y') c = hex[8 + random_->below(4)];
  }
  return id;
}

bool HecChannel::add(const PendingAck& pending) {
  if (last_ack_id_ && pending.ack_id <= *last_ack_id_) return false;
  last_ack_id_ = pending.ack_id;
  pending_.push_back(pending);
  return true;
}

std::string HecChannel::query() const {
  std::string body = "{\"acks\":[";
  const std::size_t count = std::min(pending_.size(), ids_per_query_max);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) body += ',';
    body += std::to_string(pending_[i].ack_id);
  }
  return body += "]}";
}

std::size_t HecChannel::confirm(HecAcks& acks) {
  return std::erase_if(pending_, [&](const PendingAck& pending) {
    if (!acks.confirms(pending.ack_id)) return false;
    pending.flight->add_delivered(
        HecAnswerReader::confirm(acks, pending.ack_id, pending.range.size()));
    --pending.flight->acks_due;
    return true;
  });
}

void HecChannel::answer_lost(std::chrono::steady_clock::time_point now) {
  const std::size_t count = std::min(pending_.size(), ids_per_query_max);
  for (std::size_t i = 0; i < count; ++i) {
    pending_[i].deadline = std::min(pending_[i].deadline, now + lost_answer_timeout);
  }
}

std::vector<PendingAck> HecChannel::take_overdue(std::chrono::steady_clock::time_point now) {
  const auto overdue = std::stable_partition(pending_.begin(), pending_.end(),
                                             [&](const PendingAck& p) { return p.deadline > now; });
  std::vector<PendingAck> taken(overdue, pending_.end());
  pending_.erase(overdue, pending_.end());
  return taken;
}

std::vector<PendingAck> HecChannel::reset() {
  id_ = new_id();
  last_ack_id_.reset();
  return std::exchange(pending_, {});
}

}  // namespace hecate
