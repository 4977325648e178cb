#include "pipeline/buffer.h"

#include <algorithm>

namespace hecate {

void Buffer::reserve(std::size_t capacity_bytes) {
  if (capacity_bytes <= capacity_) return;
  const std::size_t capacity = std::max(capacity_bytes, capacity_ * 2);
  // Not value-initialised: only the padding has to be defined, for kernels that read into it.
  std::unique_ptr<char[]> grown(new char[capacity + limits::padding_bytes]);
  if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
  std::memset(grown.get() + capacity, 0, limits::padding_bytes);
  data_ = std::move(grown);
  capacity_ = capacity;
}

void Buffer::drop_front(std::size_t bytes) noexcept {
  check(bytes <= size_, "no more is dropped from a buffer than it holds");
  if (bytes == 0) return;
  std::memmove(data_.get(), data_.get() + bytes, size_ - bytes);
  size_ -= bytes;
}

}  // namespace hecate
