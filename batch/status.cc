#include "batch/status.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "batch/checkpoint_reader.h"
#include "batch/human.h"
#include "pipeline/json_text.h"

namespace hecate {
namespace {

std::string utc_text(std::int64_t epoch_ms) {
  using namespace std::chrono;
  const auto time = floor<seconds>(sys_time<milliseconds>(milliseconds(epoch_ms)));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

struct JobLines {
  std::string command = "backfill";
  std::vector<std::string_view> sources;
  std::vector<std::string_view> destinations;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return lines;
}

JobLines lines_of(const CheckpointJob& job) {
  JobLines out;
  out.sources = lines_of(job.sources);
  out.destinations = lines_of(job.destination);
  // A job that is no backfill has its name in front (job.cc).
  if (!out.sources.empty() && out.sources.front().ends_with(':')) {
    out.command = out.sources.front().substr(0, out.sources.front().size() - 1);
    out.sources.erase(out.sources.begin());
  }
  return out;
}

std::string json_list(const std::vector<std::string_view>& texts) {
  std::string out = "[";
  for (const std::string_view text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + "]";
}

std::string json_time(std::int64_t epoch_ms) {
  return epoch_ms == 0 ? "null" : json_string(utc_text(epoch_ms));
}

std::string json_object(const ObjectState& state) {
  return fmt::format(
      R"({{"uri":{},"identity":{},"status":"{}","records_settled":{},"events_delivered":{},)"
      R"("events_filtered":{},"events_dead_lettered":{},"error":{}}})",
      json_string(state.uri), json_string(state.identity), object_status_name(state.status),
      state.records_settled, state.events_delivered, state.events_filtered,
      state.events_dead_lettered,
      state.last_error.empty() ? "null" : json_string(state.last_error));
}

std::string json_head(const std::string& path, const CheckpointSummary& s) {
  const JobLines job = lines_of(s.job);
  std::string out = fmt::format(
      R"({{"checkpoint":{},"command":{},"sources":{},"destinations":{},"created":{},"runs":{},)"
      R"("run_begun":{},"run_finished":{},)",
      json_string(path), json_string(job.command), json_list(job.sources),
      json_list(job.destinations), json_time(s.created_ms), s.runs, json_time(s.run_begun_ms),
      json_time(s.run_finished_ms));
  const std::pair<std::string_view, std::uint64_t> counts[] = {
      {"objects_done", s.objects_done},           {"objects_partial", s.objects_partial},
      {"objects_failed", s.objects_failed},       {"objects_unread", s.objects_unread},
      {"records_settled", s.records_settled},     {"events_delivered", s.events_delivered},
      {"events_filtered", s.events_filtered},     {"events_dead_lettered", s.events_dead_lettered},
      {"dead_letters_open", s.dead_letters_open},
  };
  for (const auto& [name, count] : counts)
    fmt::format_to(std::back_inserter(out), "\"{}\":{},", name, count);
  out += "\"last_errors\":[";
  for (std::size_t i = 0; i < s.last_errors.size(); ++i)
    out += (i == 0 ? "" : ",") + json_object(s.last_errors[i]);
  return out + "]";
}

std::string run_text(const CheckpointSummary& s) {
  if (s.runs == 0) return "none yet";
  std::string out =
      fmt::format("{}, the last one begun {}", human_count(s.runs), utc_text(s.run_begun_ms));
  if (s.run_finished_ms != 0) return out + ", finished " + utc_text(s.run_finished_ms);
  return out + "; it is under way, or stopped with work left";
}

/// What the user may want to do next; empty when nothing is left.
std::string advice(const CheckpointSummary& s, const std::string& command) {
  const std::uint64_t left = s.objects_partial + s.objects_unread;
  if (left > 0 || s.run_finished_ms == 0) {
    return fmt::format("the same 'hecate {}' command goes on with what is left", command);
  }
  if (s.events_dead_lettered > 0)
    return "'hecate replay' sends dead letters again, once what refused them is mended";
  if (s.objects_failed > 0) return "failed objects are read again once they were repaired";
  return {};
}

std::string text_object(const ObjectState& state) {
  std::string out = fmt::format("{:<8} {:>12} records  {}", object_status_name(state.status),
                                human_count(state.records_settled), printable(state.uri));
  if (!state.last_error.empty()) out += ": " + printable(state.last_error);
  return out + "\n";
}

std::string text_head(const std::string& path, const CheckpointSummary& s) {
  const JobLines job = lines_of(s.job);
  std::string out;
  const auto line = [&out](std::string_view name, std::string_view text) {
    if (!text.empty())
      fmt::format_to(std::back_inserter(out), "{:<11} {}\n", name, printable(text));
  };
  line("checkpoint", path);
  std::string_view name = job.command;
  for (const std::string_view source : job.sources) line(std::exchange(name, ""), source);
  name = "to";
  for (const std::string_view destination : job.destinations)
    line(std::exchange(name, ""), destination);
  line("runs", run_text(s));
  line("objects", fmt::format("{} done, {} partial, {} failed, {} unread",
                              human_count(s.objects_done), human_count(s.objects_partial),
                              human_count(s.objects_failed), human_count(s.objects_unread)));
  line("events",
       fmt::format("{} delivered, {} filtered, {} dead-lettered", human_count(s.events_delivered),
                   human_count(s.events_filtered), human_count(s.events_dead_lettered)));
  line("next", advice(s, job.command));
  return out;
}

}  // namespace

Status write_status(const StatusOptions& options, const TextSink& out) {
  Result<CheckpointReader> reader = CheckpointReader::open(options.checkpoint);
  if (!reader) return fail(std::move(reader.error()));
  Result<CheckpointSummary> summary = reader->summary(options.errors_max);
  if (!summary) return fail(std::move(summary.error()));
  const bool json = options.format == SummaryFormat::json;
  if (json) {
    out(json_head(options.checkpoint, *summary));
  } else {
    out(text_head(options.checkpoint, *summary));
    // In a listing of all objects the errors stand with their objects.
    if (!summary->last_errors.empty() && !options.all) {
      out("\nlast errors, latest first:\n");
      for (const ObjectState& state : summary->last_errors) out(text_object(state));
    }
  }
  Status listed;
  if (options.all) {
    out(json ? ",\"objects\":[" : "\nobjects:\n");
    bool first = true;
    listed = reader->list([&](const ObjectState& state) {
      if (json) {
        out((std::exchange(first, false) ? "" : ",") + json_object(state));
      } else {
        out(text_object(state));
      }
      return true;
    });
    if (json) out("]");
  }
  if (json) out("}\n");
  return listed;
}

ExitStatus run_status(const StatusOptions& options) {
  const Status written = write_status(
      options, [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
  std::fflush(stdout);
  if (written) return ExitStatus::ok;
  std::fputs(fmt::format("hecate: {}\n", printable(written.error().message)).c_str(), stderr);
  return written.error().code == Errc::corrupt_state ? ExitStatus::stopped : ExitStatus::usage;
}

}  // namespace hecate
