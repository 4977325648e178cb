#include "pipeline/request.h"

#include <utility>

namespace hecate {

RequestPool::RequestPool(std::size_t count, std::size_t body_bytes) : count_(count) {
  free_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto request = std::make_unique<Request>();
    request->body.reserve(body_bytes);
    free_.push_back(std::move(request));
  }
}

std::unique_ptr<Request> RequestPool::take() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return closed_ || !free_.empty(); });
  if (closed_) return nullptr;
  std::unique_ptr<Request> request = std::move(free_.back());
  free_.pop_back();
  return request;
}

void RequestPool::give_back(std::unique_ptr<Request> request) {
  request->clear();
  const std::scoped_lock lock(mutex_);
  check(free_.size() < count_, "a pool gets back no more requests than it gave");
  free_.push_back(std::move(request));
  freed_.notify_one();
}

void RequestPool::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  freed_.notify_all();
}

}  // namespace hecate
