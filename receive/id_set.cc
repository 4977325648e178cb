#include "receive/id_set.h"

#include <utility>

namespace hecate::receive {

namespace {

constexpr size_t slots_at_first = 1024;

// 0 is taken by the free slots; the two ids that then share a value are 2^-64 of all pairs.
uint64_t never_zero(uint64_t id) {
  return id == 0 ? 1 : id;
}

}  // namespace

// Where `id` is, or would go. The ids are hashes, so their low bits spread them well enough.
size_t IdSet::slot_of(uint64_t id) const noexcept {
  const size_t mask = slots_.size() - 1;
  size_t slot = static_cast<size_t>(id) & mask;
  while (slots_[slot] != 0 && slots_[slot] != id) slot = (slot + 1) & mask;
  return slot;
}

void IdSet::grow() {
  std::vector<uint64_t> old = std::exchange(
      slots_, std::vector<uint64_t>(slots_.empty() ? slots_at_first : 2 * slots_.size()));
  for (const uint64_t id : old)
    if (id != 0) slots_[slot_of(id)] = id;
}

bool IdSet::insert(uint64_t id) {
  id = never_zero(id);
  if (2 * (size_ + 1) > slots_.size() && size_ < ids_max_) grow();
  if (slots_.empty()) return true;
  const size_t slot = slot_of(id);
  if (slots_[slot] == id) return false;
  if (size_ >= ids_max_) {
    full_ = true;
    return true;
  }
  slots_[slot] = id;
  ++size_;
  return true;
}

}  // namespace hecate::receive
