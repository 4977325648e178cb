// One signal asks, two insist.
#include "batch/stop_signal.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hecate {
namespace {

TEST(StopSignal, notes_the_first_signal_of_either_kind) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const StopSignal stop;
    EXPECT_FALSE(StopSignal::requested());
    ::raise(signal);
    EXPECT_TRUE(StopSignal::requested());
  }
  EXPECT_FALSE(StopSignal::requested()) << "forgotten with the object";
}

TEST(StopSignal, ends_the_process_at_the_second_signal) {
  const pid_t child = ::fork();
  if (child == 0) {
    const StopSignal stop;
    ::raise(SIGTERM);
    ::raise(SIGINT);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
}

TEST(StopSignal, makes_a_closed_pipe_an_error) {
  const StopSignal stop;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

TEST(StopSignal, puts_back_what_was_in_force_before) {
  { const StopSignal stop; }
  struct sigaction now {};
  ::sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  ::sigaction(SIGPIPE, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace hecate
