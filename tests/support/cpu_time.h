// cpu_time: how much work something was, on a machine that may be busy with other things.
#pragma once

#include <ctime>

namespace hecate {

/// Seconds of processor time since it was made. Sanitizers make everything slower: be generous.
class CpuTime {
 public:
  [[nodiscard]] double seconds() const {
    return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC;
  }

 private:
  std::clock_t start_ = std::clock();
};

}  // namespace hecate
