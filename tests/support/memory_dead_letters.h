// memory_dead_letters: dead letters in memory, and a store that fails on demand. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/dead_letter.h"

namespace hecate {

class MemoryDeadLetters : public DeadLetterStore {
 public:
  /// A letter with its own copies of what it refers to.
  struct Kept {
    DeadLetter letter;
    std::string uri, etag, event;
  };
  [[nodiscard]] std::vector<Kept> letters() const {
    const std::scoped_lock lock(mutex_);
    return letters_;
  }
  std::atomic<bool> failing{false};

 private:
  Status append_flushed(const DeadLetter& letter) override {
    if (failing) return fail(Errc::storage, "the dead letters cannot be written");
    const std::scoped_lock lock(mutex_);
    letters_.push_back(
        {letter, std::string(letter.uri), std::string(letter.etag), std::string(letter.event)});
    return {};
  }
  mutable std::mutex mutex_;
  std::vector<Kept> letters_;
};

}  // namespace hecate
