#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "batch/backfill.h"
#include "batch/system_ports.h"
#include "cli/config_files.h"
#include "cli/run.h"
#include "cli/values.h"
#include "pipeline/limits.h"
#include "stages/detect_format.h"

namespace hecate {
namespace {

constexpr const char* notes = R"(SRC   a file, a folder (all below it), a glob, @list.txt (one SRC a line), or - for standard input
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
  std::string config, format = "auto", gzip, progress = "auto", summary = "text";
  std::string rate, since, until, shard, checkpoint, token_file, ca_file, cert_file, key_file;
  bool insecure = false;
  bool ack = false;
};

class Filler {
 public:
  Filler(const Texts& texts, BackfillOptions& options) : texts_(texts), options_(options) {}

  Status fill_in() {
    Result<Config> config = load_config_file(texts_.config, process_environment());
    if (!config) return fail(std::move(config.error()));
    options_.config = std::move(*config);
    if (options_.destinations.empty()) options_.destinations = options_.config.hec.endpoints;
    for (const auto step : {&Filler::formats, &Filler::ranges, &Filler::hec, &Filler::modes}) {
      if (Status filled = (this->*step)(); !filled) return filled;
    }
    return {};
  }

 private:
  static tl::unexpected<Error> wrong(std::string_view option, const std::string& sentence) {
    return fail(Errc::usage, fmt::format("{}: {}", option, sentence));
  }

  Status formats() {
    const std::optional<Format> format = format_from_name(texts_.format);
    if (!format) {
      return wrong("--format", "one of auto, cloudwatch, cloudwatch-export, cloudtrail, json-lines, "
                               "text");
    }
    options_.format = *format;
    return {};
  }

  Status ranges() {
    const std::int64_t now_ms = SystemClock().epoch_ms();
    const auto take_time = [&](std::string_view option, const std::string& text,
                               std::optional<std::int64_t>& out) -> Status {
      if (text.empty()) return {};
      Result<std::int64_t> time_ms = parse_time(text, now_ms);
      if (!time_ms) return wrong(option, time_ms.error().message);
      out = *time_ms;
      return {};
    };
    if (Status taken = take_time("--since", texts_.since, options_.filter.since_ms); !taken)
      return taken;
    if (Status taken = take_time("--until", texts_.until, options_.filter.until_ms); !taken)
      return taken;
    if (!texts_.shard.empty()) {
      Result<Shard> shard = parse_shard(texts_.shard);
      if (!shard) return wrong("--shard", shard.error().message);
      options_.filter.shard = shard->index;
      options_.filter.shards_total = shard->total;
    }
    if (!texts_.rate.empty()) {
      Result<std::uint64_t> rate = parse_rate(texts_.rate);
      if (!rate) return wrong("--rate", rate.error().message);
      options_.rate_bytes_per_second = *rate;
    }
    if (options_.workers > limits::workers_max)
      return wrong("--workers", fmt::format("at most {}", limits::workers_max));
    if (options_.connections > limits::connections_max)
      return wrong("--connections", fmt::format("at most {}", limits::connections_max));
    if (!texts_.checkpoint.empty()) options_.checkpoint = texts_.checkpoint;
    return {};
  }

  Status hec() {
    HecConfig& hec = options_.config.hec;
    if (texts_.gzip == "on") hec.gzip = GzipMode::on;
    else if (texts_.gzip == "off") hec.gzip = GzipMode::off;
    else if (texts_.gzip == "auto") hec.gzip = GzipMode::automatic;
    else if (!texts_.gzip.empty()) return wrong("--gzip", "one of auto, on, off");
    if (texts_.ack) hec.ack = true;
    if (!texts_.token_file.empty()) {
      hec.token = TokenSource{};
      hec.token.file = texts_.token_file;
    }
    if (!texts_.ca_file.empty()) hec.tls.ca_file = texts_.ca_file;
    if (texts_.cert_file.empty() != texts_.key_file.empty())
      return wrong("--cert and --key", "one needs the other");
    if (!texts_.cert_file.empty()) {
      hec.tls.cert_file = texts_.cert_file;
      hec.tls.key_file = texts_.key_file;
    }
    if (texts_.insecure) hec.tls.verify = false;
    return {};
  }

  Status modes() {
    if (texts_.progress == "always") options_.progress = ProgressMode::always;
    else if (texts_.progress == "never") options_.progress = ProgressMode::never;
    else if (texts_.progress != "auto") return wrong("--progress", "one of auto, always, never");
    if (texts_.summary == "json") options_.summary = SummaryFormat::json;
    else if (texts_.summary != "text") return wrong("--summary", "one of text, json");
    return {};
  }

  const Texts& texts_;
  BackfillOptions& options_;
};

void add_options(CLI::App& command, Texts& texts, BackfillOptions& options) {
  command.add_option("SRC", options.sources, "what to read (see below)")->required();
  command.add_option("--to", options.destinations, "DEST; default: hec.endpoints");
  command.add_option("--config", texts.config, "configuration (YAML); default: $HECATE_CONFIG");
  command.add_option("--format", texts.format, "of the input; auto tells it by the content")
      ->capture_default_str();
  command.add_option("--checkpoint", texts.checkpoint,
                     "where progress is kept; default: derived from SRC and DEST");
  command.add_flag("--fresh", options.fresh, "forget the checkpoint and send everything again");
  command.add_option("--workers", options.workers, "threads; default: one per processor")
      ->check(CLI::PositiveNumber);
  command.add_option("--connections", options.connections,
                     "to HEC, requests in flight; default: two per worker")
      ->check(CLI::PositiveNumber);
  command.add_option("--rate", texts.rate, "at most so much per second, uncompressed, as 20MB/s");
  command.add_option("--since", texts.since, "objects modified at or after this time, or age");
  command.add_option("--until", texts.until, "objects modified before this time");
  command.add_option("--include", options.filter.include, "only objects that match the glob");
  command.add_option("--exclude", options.filter.exclude, "not the objects that match the glob");
  command.add_option("--path-time", options.filter.path_time,
                     "the time in an object's path, as %Y/%m/%d/%H, for --since and --until");
  command.add_option("--shard", texts.shard, "I/N: only this part of the objects, counted from 0");
  command.add_flag("--ack", texts.ack, "wait for indexer acknowledgements");
  command.add_option("--gzip", texts.gzip, "bodies: auto, on or off");
  command.add_option("--dead-letter", options.dead_letter_folder, "folder for dead letters");
  command.add_option("--progress", texts.progress, "auto, always or never")->capture_default_str();
  command.add_option("--summary", texts.summary, "text or json")->capture_default_str();
  command.add_option("--token-file", texts.token_file, "file that holds the token");
  command.add_option("--ca-file", texts.ca_file, "certificates to trust (PEM)");
  command.add_option("--cert", texts.cert_file, "own certificate (PEM)");
  command.add_option("--key", texts.key_file, "its key (PEM)");
  command.add_flag("--insecure", texts.insecure, "do not verify the server's certificate");
}

}  // namespace

void add_backfill_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "backfill", "Read archives, deliver every event, resume where it stopped");
  auto texts = std::make_shared<Texts>();
  auto options = std::make_shared<BackfillOptions>();
  add_options(*command, *texts, *options);
  command->footer(notes);
  command->callback([texts, options, &chosen] {
    chosen = [texts, options]() -> int {
      if (Status filled = Filler(*texts, *options).fill_in(); !filled)
        return usage_error(filled.error().message);
      if (!options->config.hec.tls.verify)
        std::fputs("hecate: WARNING: the server's certificate is not verified (--insecure)\n", stderr);
      return static_cast<int>(run_backfill(*options, process_environment()));
    };
  });
}

}  // namespace hecate
