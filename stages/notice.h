// notice: log lines about what goes wrong and on, without a flood.
//
// An outage makes every connection say the same thing every few milliseconds. A Notices says each
// kind of thing at most once per interval, and how often it happened meanwhile. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "pipeline/io.h"

namespace hecate {

/// Prints one line for people; called by several threads, never by two at once.
using Notice = std::function<void(std::string_view)>;

class Notices {
 public:
  static constexpr std::chrono::seconds interval{5};

  /// `print` may be empty: nothing is said then.
  Notices(Notice print, Clock& clock) : print_(std::move(print)), clock_(clock) {}
  /// `kind` is one of a few fixed words; `text` the sentence.
  void say(std::string_view kind, std::string_view text);

 private:
  struct Kind {
    std::chrono::steady_clock::time_point said_at;
    std::uint64_t held_back = 0;
  };
  Notice print_;
  Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace hecate
