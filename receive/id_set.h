// id_set: which event ids were seen before, exactly, within a bound.
//
// An open-addressing table of 64-bit hashes: 16 bytes per id at worst, one cache miss per look-up.
// When `ids_max` ids are held, new ones are no longer remembered and full() says so: duplicates of
// those go uncounted, and nothing is ever counted wrongly. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hecate::receive {

class IdSet {
 public:
  static constexpr size_t default_ids_max = 32'000'000;

  explicit IdSet(size_t ids_max = default_ids_max) : ids_max_(ids_max) {}

  /// True when `id` was not there before.
  bool insert(uint64_t id);

  size_t size() const noexcept { return size_; }
  bool full() const noexcept { return full_; }

 private:
  size_t slot_of(uint64_t id) const noexcept;
  void grow();

  size_t ids_max_;
  size_t size_ = 0;
  bool full_ = false;
  std::vector<uint64_t> slots_;  // 0 marks a free slot; the size is a power of two
};

}  // namespace hecate::receive
