// seeded_random: repeatable random numbers for tests, and the seed to repeat them with.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "pipeline/io.h"

namespace hecate {

class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) override {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine_);
  }

 private:
  std::mt19937_64 engine_;
};

/// HECATE_TEST_SEED when set, else `otherwise`. Tests print what they got when they fail.
inline std::uint64_t test_seed(std::uint64_t otherwise) {
  const char* text = std::getenv("HECATE_TEST_SEED");
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace hecate
