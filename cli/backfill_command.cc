#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "batch/backfill.h"
#include "batch/system_ports.h"
#include "cli/delivery_options.h"
#include "cli/run.h"
#include "cli/values.h"
#include "stages/detect_format.h"

namespace hecate {
namespace {

constexpr const char* notes =
    R"(SRC   a file, a folder (all below it), a glob, @list.txt (one SRC a line), or - for standard input
DEST  http(s)://host:port (HEC; repeat --to for several endpoints), file:PATH, - for standard
      output, or null: (everything but the network, to measure)

The token comes from SPLUNK_HEC_TOKEN, --token-file or the configuration; never from here.

Exit status: 0 everything delivered, or filtered on purpose; 1 finished, but some events or objects
were dead-lettered; 2 wrong usage or configuration, nothing was read; 3 stopped with work left
(destination down, token refused, disk full): run the same command again to go on; 130 interrupted,
likewise.

Examples:
  hecate backfill /archives/2024 --to https://splunk.example:8088 --config hecate.yaml
  hecate backfill '/archives/**/*.gz' --since 7d --to https://splunk.example:8088
  zcat old.gz | hecate backfill - --to -)";

// What is given as text and means something else.
struct Texts {
  std::string format = "auto", since, until, shard;
};

struct Backfill {
  DeliveryOptions delivery;
  Texts texts;
  BackfillOptions job;
};

Status fill_in_times(const Texts& texts, ObjectFilterOptions& filter) {
  const std::int64_t now_ms = SystemClock().epoch_ms();
  const auto take = [now_ms](std::string_view option, const std::string& text,
                             std::optional<std::int64_t>& out) -> Status {
    if (text.empty()) return {};
    Result<std::int64_t> time_ms = parse_time(text, now_ms);
    if (!time_ms) return wrong_option(option, time_ms.error().message);
    out = *time_ms;
    return {};
  };
  if (Status taken = take("--since", texts.since, filter.since_ms); !taken) return taken;
  return take("--until", texts.until, filter.until_ms);
}

Status fill_in(Backfill& backfill) {
  BackfillOptions& job = backfill.job;
  const Texts& texts = backfill.texts;
  if (Status filled = backfill.delivery.fill_in(job); !filled) return filled;
  const std::optional<Format> format = format_from_name(texts.format);
  if (!format) {
    return wrong_option("--format",
                        "one of auto, cloudwatch, cloudwatch-export, cloudtrail, json-lines, text");
  }
  job.format = *format;
  if (!texts.shard.empty()) {
    Result<Shard> shard = parse_shard(texts.shard);
    if (!shard) return wrong_option("--shard", shard.error().message);
    job.filter.shard = shard->index;
    job.filter.shards_total = shard->total;
  }
  return fill_in_times(texts, job.filter);
}

void add_options(CLI::App& command, Backfill& backfill) {
  ObjectFilterOptions& filter = backfill.job.filter;
  Texts& texts = backfill.texts;
  command.add_option("SRC", backfill.job.sources, "what to read (see below)")->required();
  command.add_option("--format", texts.format, "of the input; auto tells it by the content")
      ->capture_default_str();
  command.add_option("--since", texts.since, "objects modified at or after this time, or age");
  command.add_option("--until", texts.until, "objects modified before this time");
  command.add_option("--include", filter.include, "only objects that match the glob");
  command.add_option("--exclude", filter.exclude, "not the objects that match the glob");
  command.add_option("--path-time", filter.path_time,
                     "the time in an object's path, as %Y/%m/%d/%H, for --since and --until");
  command.add_option("--shard", texts.shard, "I/N: only this part of the objects, counted from 0");
  backfill.delivery.add_to(command, backfill.job);
}

}  // namespace

void add_backfill_command(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("backfill", "Read archives, deliver every event, resume where it stopped");
  auto backfill = std::make_shared<Backfill>();
  add_options(*command, *backfill);
  command->footer(notes);
  command->callback([backfill, &chosen] {
    chosen = [backfill]() -> int {
      if (Status filled = fill_in(*backfill); !filled) return usage_error(filled.error().message);
      warn_of(backfill->job.config);
      return static_cast<int>(run_backfill(backfill->job, process_environment()));
    };
  });
}

}  // namespace hecate
