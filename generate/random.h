// random: the generator's own source of chance.
//
// Sample archives must be the same bytes on every machine and with every standard library, and
// the distributions of <random> are not. So: xoshiro256**, seeded through splitmix64, and one
// exact way to draw below a bound. Not for secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/check.h"

namespace hecate::generate {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = splitmix(seed);
  }

  /// 64 uniform bits.
  std::uint64_t bits() noexcept {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// A number in [0, bound). The bias of at most bound / 2^64 does not matter for samples.
  std::uint64_t below(std::uint64_t bound) noexcept {
    check(bound > 0, "a random bound is positive");
    return static_cast<std::uint64_t>((static_cast<Wide>(bits()) * bound) >> 64);
  }

  /// A number in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    return low + below(high - low + 1);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static std::uint64_t rotate(std::uint64_t value, int count) noexcept {
    return (value << count) | (value >> (64 - count));
  }
  static std::uint64_t splitmix(std::uint64_t& seed) noexcept {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace hecate::generate
