#include "batch/summary.h"

#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "batch/human.h"

namespace hecate {
namespace {

double per_second(std::uint64_t amount, double seconds) {
  return seconds > 0 ? static_cast<double>(amount) / seconds : 0;
}

/// "2 blank, 5 dropped by rules": the parts that are not zero.
std::string listed(std::initializer_list<std::pair<std::uint64_t, std::string_view>> parts) {
  std::string out;
  for (const auto& [count, name] : parts) {
    if (count == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", human_count(count), name);
  }
  return out;
}

}  // namespace

std::string summary_json(const Metrics& m, double seconds) {
  const std::pair<std::string_view, const Metrics::Counter*> counters[] = {
      {"objects_total", &m.objects_total},
      {"objects_done", &m.objects_done},
      {"objects_skipped", &m.objects_skipped},
      {"objects_failed", &m.objects_failed},
      {"events_read", &m.events_read},
      {"events_delivered", &m.events_delivered},
      {"events_filtered", &m.events_filtered},
      {"events_dead_lettered", &m.events_dead_lettered},
      {"bytes_compressed", &m.bytes_compressed},
      {"bytes_uncompressed", &m.bytes_uncompressed},
      {"bytes_posted", &m.bytes_posted},
      {"requests", &m.requests},
      {"retries", &m.retries},
  };
  std::string out = "{";
  for (const auto& [name, counter] : counters)
    fmt::format_to(std::back_inserter(out), "\"{}\":{},", name, Metrics::get(*counter));
  // NaN and infinity are not JSON.
  fmt::format_to(std::back_inserter(out), "\"seconds\":{:.3f}}}",
                 std::isfinite(seconds) ? seconds : 0.0);
  return out;
}

std::string summary_text(const Metrics& m, double seconds) {
  const auto get = [](const Metrics::Counter& counter) { return Metrics::get(counter); };
  const auto bytes = [](const Metrics::Counter& counter) {
    return human_bytes(static_cast<double>(Metrics::get(counter)));
  };
  std::string out;
  const auto line = [&out](std::string_view name, std::string_view text) {
    if (!text.empty()) fmt::format_to(std::back_inserter(out), "{:<10}{}\n", name, text);
  };
  line("objects",
       fmt::format("{} done, {} skipped, {} failed, of {}", human_count(get(m.objects_done)),
                   human_count(get(m.objects_skipped)), human_count(get(m.objects_failed)),
                   human_count(get(m.objects_total))));
  line("events",
       fmt::format("{} delivered, {} filtered, {} dead-lettered, of {} read",
                   human_count(get(m.events_delivered)), human_count(get(m.events_filtered)),
                   human_count(get(m.events_dead_lettered)), human_count(get(m.events_read))));
  line("filtered", listed({{get(m.events_dropped_by_rule), "by rules"},
                           {get(m.events_group_rejected), "by log group"},
                           {get(m.events_blank), "blank"}}));
  line("changed", listed({{get(m.events_repaired), "with invalid text repaired"},
                          {get(m.events_truncated), "cut to the largest size"},
                          {get(m.events_without_time), "without a time"}}));
  line("resumed", get(m.events_resumed) == 0 ? std::string()
                                             : fmt::format("{} events delivered by an earlier run",
                                                           human_count(get(m.events_resumed))));
  line("bytes", fmt::format("{} compressed, {} uncompressed, {} posted", bytes(m.bytes_compressed),
                            bytes(m.bytes_uncompressed), bytes(m.bytes_posted)));
  line("requests",
       fmt::format("{}, {} retries", human_count(get(m.requests)), human_count(get(m.retries))));
  line("time",
       fmt::format("{}, {} events/s, {}/s uncompressed", human_seconds(seconds),
                   human_count(static_cast<std::uint64_t>(per_second(get(m.events_read), seconds))),
                   human_bytes(per_second(get(m.bytes_uncompressed), seconds))));
  return out;
}

}  // namespace hecate
