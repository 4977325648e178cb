#include "batch/console.h"

#include <algorithm>

#include <sys/ioctl.h>
#include <unistd.h>

#include "batch/posix_file.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds terminal_interval{100};
constexpr milliseconds automatic_interval{30'000};
constexpr milliseconds always_interval{10'000};
constexpr milliseconds interval_max{300'000};
constexpr std::size_t usual_columns = 80;
constexpr std::string_view clear_line = "\r\x1b[K";

/// Nobody can be told that stderr cannot be written to.
void print(int fd, std::string_view text) {
  static_cast<void>(write_all(fd, text));
}

}  // namespace

milliseconds next_progress_interval(milliseconds last) noexcept {
  return std::min(last + last / 2, interval_max);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    // U+0080 to U+009F are control characters too, spelled C2 80 to C2 9F.
    const bool c1 = byte == 0xc2 && i + 1 < out.size() &&
                    static_cast<unsigned char>(out[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(out[i + 1]) <= 0x9f;
    if (c1) out.erase(i + 1, 1);
    if (c1 || byte < 0x20 || byte == 0x7f) out[i] = '?';
  }
  return out;
}

Console::Console(const Metrics& metrics, ConsoleOptions options)
    : metrics_(metrics),
      options_(options),
      terminal_(options.terminal.value_or(::isatty(options.fd) == 1)) {
}

Console::~Console() {
  stop();
}

void Console::notice(std::string_view text) {
  const std::string line = "hecate: " + printable(text) + "\n";
  const std::lock_guard lock(mutex_);
  // One write, so that the line does not flicker, nor tear when others write to the terminal.
  print(options_.fd, line_.empty() ? line : std::string(clear_line) + line + line_);
}

void Console::start() {
  if (options_.mode == ProgressMode::never || thread_.joinable()) return;
  thread_ = std::thread([this] { run(); });
}

void Console::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  stop_ = false;
  if (!line_.empty()) print(options_.fd, clear_line);
  line_.clear();
}

void Console::run() {
  ProgressMeter meter(metrics_, std::chrono::steady_clock::now());
  milliseconds interval = terminal_                               ? terminal_interval
                          : options_.mode == ProgressMode::always ? always_interval
                                                                  : automatic_interval;
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, interval, [this] { return stop_; })) {
    show(meter);
    if (!terminal_) interval = next_progress_interval(interval);
  }
}

/// The mutex is held.
void Console::show(ProgressMeter& meter) {
  const std::uint64_t total = bytes_total_;
  const std::string line = format_progress(
      meter.measure(std::chrono::steady_clock::now(),
                    total == unknown ? std::nullopt : std::optional<std::uint64_t>(total)));
  if (!terminal_) {
    print(options_.fd, "hecate: " + line + "\n");
    return;
  }
  line_ = cut_to_columns(line, columns());
  print(options_.fd, std::string(clear_line) + line_);
}

std::size_t Console::columns() const {
  if (options_.columns != 0) return options_.columns;
  winsize size{};  // asked for each time: windows are resized
  if (::ioctl(options_.fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual_columns;
  return size.ws_col;
}

}  // namespace hecate
