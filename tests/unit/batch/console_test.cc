// The progress line: its words by fixed counters, and that notices never tear it.
#include "batch/console.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace hecate {
namespace {

using namespace std::chrono_literals;

TEST(Progress, says_how_far_how_fast_and_how_long) {
  Progress p;
  p.objects_settled = 12;
  p.objects_total = 340;
  p.total_known = true;
  p.events_read = 1'234'567;
  p.bytes_compressed_per_s = 41e6;
  p.bytes_uncompressed_per_s = 380e6;
  p.bytes_posted_per_s = 52.1e6;
  p.retries = 3;
  p.seconds_left = 125;
  EXPECT_EQ(format_progress(p),
            "12/340 objects, 1,234,567 events, in 41.0 MB/s -> 380 MB/s, out 52.1 MB/s, "
            "3 retries, ETA 2m05s");
  p.total_known = false;
  p.retries = 0;
  p.seconds_left.reset();
  EXPECT_EQ(format_progress(p),
            "12/340+ objects, 1,234,567 events, in 41.0 MB/s -> 380 MB/s, out 52.1 MB/s");
}

TEST(Progress, is_cut_to_the_width_of_the_terminal) {
  EXPECT_EQ(cut_to_columns("12345", 10), "12345");
  EXPECT_EQ(cut_to_columns("12345", 6), "12345");
  EXPECT_EQ(cut_to_columns("12345", 5), "1234");
  EXPECT_EQ(cut_to_columns("12345", 1), "");
  EXPECT_EQ(cut_to_columns("12345", 0), "12345");
}

TEST(Progress, measures_rates_over_the_last_seconds_and_the_rest_by_the_mean) {
  Metrics metrics;
  const ProgressMeter::TimePoint start{};
  ProgressMeter meter(metrics, start);
  Progress p;
  for (int s = 1; s <= 10; ++s) {  // a megabyte a second, then two
    Metrics::add(metrics.bytes_compressed, s <= 5 ? 1'000'000 : 2'000'000);
    p = meter.measure(start + std::chrono::seconds(s), 30'000'000);
  }
  EXPECT_DOUBLE_EQ(p.bytes_compressed_per_s, 2e6);
  ASSERT_TRUE(p.seconds_left);
  EXPECT_DOUBLE_EQ(*p.seconds_left, 10.0);  // 15 MB left at 1.5 MB/s
  EXPECT_TRUE(p.total_known);
  p = meter.measure(start + 11s, std::nullopt);
  EXPECT_FALSE(p.seconds_left);
  EXPECT_FALSE(p.total_known);
  p = meter.measure(start + 12s, 1);
  EXPECT_FALSE(p.seconds_left) << "more was read than was listed";
}

TEST(Progress, counts_objects_that_are_settled_in_any_way) {
  Metrics metrics;
  metrics.objects_done = 1;
  metrics.objects_skipped = 2;
  metrics.objects_failed = 4;
  metrics.objects_total = 9;
  ProgressMeter meter(metrics, {});
  const Progress p = meter.measure({}, std::nullopt);
  EXPECT_EQ(p.objects_settled, 7U);
  EXPECT_EQ(p.objects_total, 9U);
  EXPECT_EQ(p.bytes_compressed_per_s, 0);
}

TEST(Progress, comes_ever_less_often_in_a_log) {
  EXPECT_EQ(next_progress_interval(10s), 15s);
  EXPECT_EQ(next_progress_interval(250s), 300s);
  EXPECT_EQ(next_progress_interval(300s), 300s);
}

/// A pipe in place of stderr.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) ends_[0] = ends_[1] = -1;
    ::fcntl(ends_[1], F_SETPIPE_SZ, 1 << 20);
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  [[nodiscard]] int in() const { return ends_[1]; }
  std::string take() {
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::string all;
    std::string piece(65536, '\0');
    for (ssize_t n = 0; (n = ::read(ends_[0], piece.data(), piece.size())) > 0;)
      all.append(piece, 0, static_cast<std::size_t>(n));
    return all;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// What a terminal would show, line by line.
std::vector<std::string> screen(const std::string& written) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written.compare(i, 4, "\r\x1b[K") == 0) {
      lines.back().clear();
      i += 3;
    } else if (written[i] == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += written[i];
    }
  }
  return lines;
}

TEST(Console, rewrites_one_line_on_a_terminal_and_clears_it_in_the_end) {
  Metrics metrics;
  metrics.objects_total = 5;
  Pipe pipe;
  Console console(metrics, {.fd = pipe.in(), .terminal = true, .columns = 20});
  console.start();
  std::this_thread::sleep_for(350ms);
  const std::string during = pipe.take();
  EXPECT_EQ(screen(during), std::vector<std::string>{"0/5+ objects, 0 eve"});
  EXPECT_LE(std::count(during.begin(), during.end(), '\r'), 4) << "at most ten a second";
  console.stop();
  EXPECT_EQ(screen(during + pipe.take()), std::vector<std::string>{""});
}

TEST(Console, notices_of_many_threads_never_tear_the_line) {
  Metrics metrics;
  Pipe pipe;
  Console console(metrics, {.fd = pipe.in(), .terminal = true, .columns = 200});
  console.start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&console] {
      for (int i = 0; i < 30; ++i) {
        console.notice("something happened");
        std::this_thread::sleep_for(10ms);
      }
    });
  for (std::thread& thread : threads) thread.join();
  console.stop();
  const std::vector<std::string> lines = screen(pipe.take());
  ASSERT_EQ(lines.size(), 121U);
  for (std::size_t i = 0; i < 120; ++i) EXPECT_EQ(lines[i], "hecate: something happened");
  EXPECT_EQ(lines.back(), "");
}

TEST(Console, prints_plain_notices_where_there_is_no_terminal) {
  Metrics metrics;
  Pipe pipe;
  Console console(metrics, {.fd = pipe.in()});
  console.start();
  console.notice(
      "a\x1b[2Jb\nc\x7f \xc3\xa4 \xc2\x9b"
      "1m");
  std::this_thread::sleep_for(150ms);
  console.stop();
  EXPECT_EQ(pipe.take(), "hecate: a?[2Jb?c? \xc3\xa4 ?1m\n");
}

TEST(Console, stops_at_once_and_shows_nothing_when_told_never_to) {
  Metrics metrics;
  Pipe pipe;
  const auto begin = std::chrono::steady_clock::now();
  {
    Console plain(metrics, {.mode = ProgressMode::always, .fd = pipe.in(), .terminal = false});
    plain.start();
    Console never(metrics, {.mode = ProgressMode::never, .fd = pipe.in(), .terminal = true});
    never.start();
    std::this_thread::sleep_for(200ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(pipe.take(), "");
}

}  // namespace
}  // namespace hecate
