// progress: how far a run is, in one line.
//
//   12/340 objects, 1,234,567 events, in 41.0 MB/s -> 380 MB/s, out 52.1 MB/s, 3 retries, ETA 2m05s
//
// Pure: counters and times in, text out. When and where it is shown is console.h's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "pipeline/metrics.h"

namespace hecate {

/// What a progress line says.
struct Progress {
  std::uint64_t objects_settled = 0;  ///< done, skipped or failed
  std::uint64_t objects_total = 0;    ///< found so far, or in all
  bool total_known = false;           ///< the listing is through
  std::uint64_t events_read = 0;
  std::uint64_t retries = 0;
  double bytes_compressed_per_s = 0;
  double bytes_uncompressed_per_s = 0;
  double bytes_posted_per_s = 0;
  std::optional<double> seconds_left;
};

std::string format_progress(const Progress& progress);

/// `line`, cut so that it fits a terminal of so many columns without wrapping. ASCII only.
std::string cut_to_columns(std::string line, std::size_t columns);

/// Turns the counters of a run into rates over the last seconds. Not thread-safe.
class ProgressMeter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  ProgressMeter(const Metrics& metrics, TimePoint start) : metrics_(metrics), start_(start) {}
  /// The state now. `bytes_total`: compressed bytes of all objects that this run will read, once
  /// that is known; without it there is no time left.
  Progress measure(TimePoint now, std::optional<std::uint64_t> bytes_total);

 private:
  struct Sample {
    TimePoint at;
    std::uint64_t compressed = 0;
    std::uint64_t uncompressed = 0;
    std::uint64_t posted = 0;
  };
  static constexpr std::chrono::seconds window{5};
  static constexpr std::size_t samples_max = 64;

  const Metrics& metrics_;
  TimePoint start_;
  std::deque<Sample> samples_;
};

}  // namespace hecate
