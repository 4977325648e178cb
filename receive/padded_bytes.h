// padded_bytes: a growing byte buffer with a readable margin behind its content.
//
// simdjson reads whole vector registers and may look past the last byte of a document. A request
// body is therefore collected in a buffer that always owns `padding` more bytes than it holds.
// Growing doubles, so appending is linear; the bytes are never zeroed, since every body overwrites
// them. One owner; not thread-safe.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "pipeline/check.h"

namespace hecate::receive {

class PaddedBytes {
 public:
  static constexpr size_t padding = 64;

  const char* data() const noexcept { return bytes_.get(); }
  char* data() noexcept { return bytes_.get(); }
  size_t size() const noexcept { return size_; }
  size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

  void clear() noexcept { size_ = 0; }

  /// Makes room for `capacity` bytes in all; keeps the content.
  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity + padding);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
    pad();
  }

  void append(std::string_view piece) {
    if (piece.empty()) return;
    if (piece.size() > capacity_ - size_)
      reserve(piece.size() > capacity_ ? capacity_ + piece.size() : 2 * capacity_);
    std::memcpy(bytes_.get() + size_, piece.data(), piece.size());
    size_ += piece.size();
    pad();
  }

  /// Says how much of data() was written from outside.
  void set_size(size_t size) noexcept {
    check(size <= capacity_, "a buffer holds no more than its capacity");
    size_ = size;
    if (bytes_) pad();
  }

  /// Empties the buffer, and gives the memory back when it grew past `keep` bytes.
  void recycle(size_t keep) noexcept {
    size_ = 0;
    if (capacity_ <= keep) return;
    bytes_.reset();
    capacity_ = 0;
  }

 private:
  void pad() noexcept { std::memset(bytes_.get() + size_, 0, padding); }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace hecate::receive
