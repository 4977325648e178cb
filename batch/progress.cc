#include "batch/progress.h"

#include <fmt/core.h>

#include "batch/human.h"

namespace hecate {
namespace {

double seconds_between(ProgressMeter::TimePoint from, ProgressMeter::TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string format_progress(const Progress& p) {
  // Before the listing is through, the total is only what was found so far.
  std::string line = fmt::format(
      "{}/{}{} objects, {} events, in {}/s -> {}/s, out {}/s", human_count(p.objects_settled),
      human_count(p.objects_total), p.total_known ? "" : "+", human_count(p.events_read),
      human_bytes(p.bytes_compressed_per_s), human_bytes(p.bytes_uncompressed_per_s),
      human_bytes(p.bytes_posted_per_s));
  if (p.retries > 0) line += fmt::format(", {} retries", human_count(p.retries));
  if (p.seconds_left) line += fmt::format(", ETA {}", human_seconds(*p.seconds_left));
  return line;
}

std::string cut_to_columns(std::string line, std::size_t columns) {
  // The last column stays free: some terminals wrap when it is written.
  if (columns == 0 || line.size() < columns) return line;
  line.resize(columns - 1);
  return line;
}

Progress ProgressMeter::measure(TimePoint now, std::optional<std::uint64_t> bytes_total) {
  const auto get = [](const Metrics::Counter& counter) { return Metrics::get(counter); };
  Progress p;
  p.objects_settled =
      get(metrics_.objects_done) + get(metrics_.objects_skipped) + get(metrics_.objects_failed);
  p.objects_total = get(metrics_.objects_total);
  p.total_known = bytes_total.has_value();
  p.events_read = get(metrics_.events_read);
  p.retries = get(metrics_.retries);

  if (samples_.empty()) samples_.push_back({.at = start_});
  const Sample latest{.at = now,
                      .compressed = get(metrics_.bytes_compressed),
                      .uncompressed = get(metrics_.bytes_uncompressed),
                      .posted = get(metrics_.bytes_posted)};
  // One sample older than the window stays, so that the rates span all of it.
  while (samples_.size() > 1 && (now - samples_[1].at >= window || samples_.size() >= samples_max))
    samples_.pop_front();
  const Sample& first = samples_.front();
  if (const double seconds = seconds_between(first.at, now); seconds > 0) {
    const auto rate = [seconds](std::uint64_t from, std::uint64_t to) {
      return static_cast<double>(to - from) / seconds;
    };
    p.bytes_compressed_per_s = rate(first.compressed, latest.compressed);
    p.bytes_uncompressed_per_s = rate(first.uncompressed, latest.uncompressed);
    p.bytes_posted_per_s = rate(first.posted, latest.posted);
  }
  samples_.push_back(latest);

  // By the mean since the start: it wavers less, and waiting for a receiver is part of it.
  const double seconds = seconds_between(start_, now);
  if (bytes_total && *bytes_total >= latest.compressed && latest.compressed > 0 && seconds >= 1)
    p.seconds_left = static_cast<double>(*bytes_total - latest.compressed) * seconds /
                     static_cast<double>(latest.compressed);
  return p;
}

}  // namespace hecate
