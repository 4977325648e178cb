// secret: a value that cannot be printed by accident.
//
// No stream operator, no formatter, no conversion to string: the one way to the text is reveal(),
// which is meant for the Authorization header and nothing else. Zeroed when it goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace hecate {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = std::move(other.value_);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
  friend bool operator==(const Secret& a, const Secret& b) noexcept { return a.value_ == b.value_; }

 private:
  void wipe() noexcept {
    volatile char* bytes = value_.data();  // volatile: the writes must not be optimised away
    for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
    value_.clear();
  }
  std::string value_;
};

}  // namespace hecate
