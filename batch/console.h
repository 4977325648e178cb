// console: everything a run says on stderr while it works: notices, and the progress line.
//
// On a terminal the progress is one line, rewritten in place; elsewhere it is a line now and then,
// ever less often. Notices of all threads go through here, so that none ends up inside that line.
// What is printed is made harmless first: names of files may hold control characters.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "batch/progress.h"

namespace hecate {

enum class ProgressMode : std::uint8_t {
  automatic,  ///< rewritten on a terminal; elsewhere a line, first after 30 s
  always,     ///< likewise; elsewhere first after 10 s
  never,      ///< notices only
};

struct ConsoleOptions {
  ProgressMode mode = ProgressMode::automatic;
  int fd = 2;
  std::optional<bool> terminal = {};  ///< nothing: look at `fd`
  std::size_t columns = 0;            ///< of the terminal; 0: ask it
};

class Console {
 public:
  Console(const Metrics& metrics, ConsoleOptions options);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Prints "hecate: <text>" on a line of its own. Thread-safe.
  void notice(std::string_view text);
  /// From here on the listing is through: compressed bytes of all objects to be read. Thread-safe;
  /// may be corrected later.
  void set_bytes_total(std::uint64_t bytes) noexcept { bytes_total_ = bytes; }

  /// Begins to show progress, on a thread of its own.
  void start();
  /// Ends that and clears the line. Harmless when not started.
  void stop();

 private:
  static constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

  void run();
  void show(ProgressMeter& meter);
  [[nodiscard]] std::size_t columns() const;

  const Metrics& metrics_;
  const ConsoleOptions options_;
  const bool terminal_;
  std::atomic<std::uint64_t> bytes_total_{unknown};

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::string line_;  // what the terminal shows in its last line; empty: nothing of ours
  std::thread thread_;
};

/// How long until a line of progress is next worth its place in a log: half as long again each
/// time, five minutes at most.
std::chrono::milliseconds next_progress_interval(std::chrono::milliseconds last) noexcept;

/// `text` on one line, with control characters replaced by "?". Other bytes stay.
std::string printable(std::string_view text);

}  // namespace hecate
