#include "batch/stop_signal.h"

#include <atomic>

#include <unistd.h>

#include "pipeline/check.h"

namespace hecate {
namespace {

constexpr int interrupted_status = 130;

// The one thing a signal handler can reach is a global; it may only touch what is free of locks.
std::atomic<int> signals_received{0};
std::atomic<bool> installed{false};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait for a lock");

extern "C" void on_stop_signal(int) {
  if (signals_received.fetch_add(1) > 0) ::_exit(interrupted_status);
}

void install(int signal, void (*handler)(int), struct sigaction& before) {
  struct sigaction action {};
  action.sa_handler = handler;
  // Waiting calls poll the flag themselves; libraries need not cope with EINTR.
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  check(::sigaction(signal, &action, &before) == 0, "signals that exist can be handled");
}

}  // namespace

StopSignal::StopSignal() {
  check(!installed.exchange(true), "there is one StopSignal at a time");
  signals_received = 0;
  install(SIGINT, on_stop_signal, interrupt_before_);
  install(SIGTERM, on_stop_signal, terminate_before_);
  install(SIGPIPE, SIG_IGN, pipe_before_);
  install(SIGXFSZ, SIG_IGN, file_size_before_);
}

StopSignal::~StopSignal() {
  ::sigaction(SIGINT, &interrupt_before_, nullptr);
  ::sigaction(SIGTERM, &terminate_before_, nullptr);
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  ::sigaction(SIGXFSZ, &file_size_before_, nullptr);
  signals_received = 0;
  installed = false;
}

bool StopSignal::requested() noexcept {
  return signals_received.load() > 0;
}

}  // namespace hecate
