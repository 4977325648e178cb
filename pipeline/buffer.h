// buffer: bytes that may be read in SIMD strides.
//
// A Buffer owns its memory, knows its capacity apart from its size, and always has
// limits::padding_bytes readable and writable bytes behind its capacity, so that kernels may load
// past the end. It grows only when told to and never shrinks by itself: pages stay mapped, because
// mapping them anew costs more than all the work done in them. Not a string: no zero at the end.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "pipeline/check.h"
#include "pipeline/limits.h"

namespace hecate {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity_bytes) { reserve(capacity_bytes); }
  Buffer(Buffer&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  [[nodiscard]] char* data() noexcept { return data_.get(); }
  [[nodiscard]] const char* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::string_view view() const noexcept { return {data(), size_}; }
  [[nodiscard]] std::string_view view(std::size_t begin, std::size_t size) const noexcept {
    return {data() + begin, size};
  }
  [[nodiscard]] char* end() noexcept { return data() + size_; }
  [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }

  void clear() noexcept { size_ = 0; }
  void set_size(std::size_t size) noexcept {
    check(size <= capacity_, "a buffer's size stays within its capacity");
    size_ = size;
  }
  /// Makes room for at least `capacity_bytes` in all, keeping the content. Growth at least doubles.
  void reserve(std::size_t capacity_bytes);
  /// Makes room for `bytes` more behind the content.
  void reserve_more(std::size_t bytes) {
    if (room() < bytes) reserve(size_ + bytes);
  }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    reserve_more(bytes.size());
    std::memcpy(end(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char byte) {
    reserve_more(1);
    *end() = byte;
    ++size_;
  }
  /// Drops the first `bytes` and moves the rest to the front.
  void drop_front(std::size_t bytes) noexcept;

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace hecate
