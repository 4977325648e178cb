// memory_reader: an object in memory, read in pieces of a chosen size.
//
// How a file or a socket cuts its bytes must never matter, so tests read the same object whole,
// byte by byte and in random pieces. May also end in an error, as a broken connection does.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/io.h"
#include "tests/support/seeded_random.h"

namespace hecate {

/// How many bytes a read may return at most.
class Pieces {
 public:
  static Pieces whole() { return Pieces(static_cast<std::size_t>(-1)); }
  static Pieces of(std::size_t bytes) { return Pieces(bytes); }
  /// Each from 1 to `bytes_max`, anew for every read.
  static Pieces random(std::uint64_t seed, std::size_t bytes_max) {
    Pieces pieces(bytes_max);
    pieces.random_.emplace(seed);
    return pieces;
  }
  std::size_t next() {
    return random_ ? static_cast<std::size_t>(random_->below(bytes_max_)) + 1 : bytes_max_;
  }

 private:
  explicit Pieces(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  std::size_t bytes_max_;
  std::optional<SeededRandom> random_;
};

class MemoryReader final : public ByteReader {
 public:
  explicit MemoryReader(std::string bytes, Pieces pieces = Pieces::whole(),
                        std::optional<Error> ends_in = std::nullopt)
      : bytes_(std::move(bytes)), pieces_(std::move(pieces)), ends_in_(std::move(ends_in)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (next_ == bytes_.size() && ends_in_) return fail(*ends_in_);
    const std::size_t size = std::min({into.size(), bytes_.size() - next_, pieces_.next()});
    if (size > 0) std::memcpy(into.data(), bytes_.data() + next_, size);
    next_ += size;
    return size;
  }
  [[nodiscard]] std::size_t bytes_read() const noexcept { return next_; }

 private:
  std::string bytes_;
  Pieces pieces_;
  std::optional<Error> ends_in_;
  std::size_t next_ = 0;
};

}  // namespace hecate
