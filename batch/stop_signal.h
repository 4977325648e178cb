// stop_signal: turns SIGINT and SIGTERM into a question that can be asked.
//
// The first signal only sets a flag: the run drains and saves. The second one ends the process at
// once with status 130; that is safe too, as kill -9 is. While an object of this class lives, a
// closed pipe and a file past its size limit are errors of write() and no signals. One at a time.
#pragma once

#include <csignal>

namespace hecate {

class StopSignal {
 public:
  StopSignal();
  /// Puts back what was in force before.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// True once a signal came in, while this object lives. Cheap; from any thread.
  [[nodiscard]] static bool requested() noexcept;

 private:
  struct sigaction interrupt_before_ {};
  struct sigaction terminate_before_ {};
  struct sigaction pipe_before_ {};
  struct sigaction file_size_before_ {};
};

}  // namespace hecate
