#include "cli/delivery_options.h"

#include <cstdint>
#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/config_files.h"
#include "cli/values.h"
#include "pipeline/limits.h"

namespace hecate {

void DeliveryOptions::add_to(CLI::App& command, JobOptions& job) {
  command.add_option("--to", job.destinations, "DEST; default: hec.endpoints");
  command.add_option("--config", config_, "configuration (YAML); default: $HECATE_CONFIG");
  command.add_option("--checkpoint", checkpoint_,
                     "where progress is kept; default: derived from SRC and DEST");
  command.add_flag("--fresh", job.fresh, "forget the checkpoint and send everything again");
  command.add_option("--workers", job.workers, "threads; default: one per processor")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--connections", job.connections,
                  "to HEC, requests in flight; default: two per worker")
      ->check(CLI::PositiveNumber);
  command.add_option("--rate", rate_, "at most so much per second, uncompressed, as 20MB/s");
  command.add_flag("--ack", ack_, "wait for indexer acknowledgements");
  command.add_option("--gzip", gzip_, "bodies: auto, on or off");
  command.add_option("--dead-letter", job.dead_letter_folder, "folder for dead letters");
  command.add_option("--progress", progress_, "auto, always or never")->capture_default_str();
  command.add_option("--summary", summary_, "text or json")->capture_default_str();
  command.add_option("--token-file", token_file_, "file that holds the token");
  command.add_option("--ca-file", ca_file_, "certificates to trust (PEM)");
  command.add_option("--cert", cert_file_, "own certificate (PEM)");
  command.add_option("--key", key_file_, "its key (PEM)");
  command.add_flag("--insecure", insecure_, "do not verify the server's certificate");
}

Status DeliveryOptions::fill_in(JobOptions& job) const {
  Result<Config> config = load_config_file(config_, process_environment());
  if (!config) return fail(std::move(config.error()));
  job.config = std::move(*config);
  if (job.destinations.empty()) job.destinations = job.config.hec.endpoints;
  if (!checkpoint_.empty()) job.checkpoint = checkpoint_;
  if (Status filled = fill_in_limits(job); !filled) return filled;
  if (Status filled = fill_in_hec(job.config.hec); !filled) return filled;
  return fill_in_modes(job);
}

Status DeliveryOptions::fill_in_limits(JobOptions& job) const {
  if (!rate_.empty()) {
    Result<std::uint64_t> rate = parse_rate(rate_);
    if (!rate) return wrong_option("--rate", rate.error().message);
    job.rate_bytes_per_second = *rate;
  }
  if (job.workers > limits::workers_max)
    return wrong_option("--workers", fmt::format("at most {}", limits::workers_max));
  if (job.connections > limits::connections_max)
    return wrong_option("--connections", fmt::format("at most {}", limits::connections_max));
  return {};
}

Status DeliveryOptions::fill_in_hec(HecConfig& hec) const {
  if (gzip_ == "on") {
    hec.gzip = GzipMode::on;
  } else if (gzip_ == "off") {
    hec.gzip = GzipMode::off;
  } else if (gzip_ == "auto") {
    hec.gzip = GzipMode::automatic;
  } else if (!gzip_.empty()) {
    return wrong_option("--gzip", "one of auto, on, off");
  }
  if (ack_) hec.ack = true;
  if (!token_file_.empty()) {
    hec.token = TokenSource{};
    hec.token.file = token_file_;
  }
  if (!ca_file_.empty()) hec.tls.ca_file = ca_file_;
  if (cert_file_.empty() != key_file_.empty())
    return wrong_option("--cert and --key", "one needs the other");
  if (!cert_file_.empty()) {
    hec.tls.cert_file = cert_file_;
    hec.tls.key_file = key_file_;
  }
  if (insecure_) hec.tls.verify = false;
  return {};
}

Status DeliveryOptions::fill_in_modes(JobOptions& job) const {
  if (progress_ == "always") {
    job.progress = ProgressMode::always;
  } else if (progress_ == "never") {
    job.progress = ProgressMode::never;
  } else if (progress_ != "auto") {
    return wrong_option("--progress", "one of auto, always, never");
  }
  if (summary_ == "json") {
    job.summary = SummaryFormat::json;
  } else if (summary_ != "text") {
    return wrong_option("--summary", "one of text, json");
  }
  return {};
}

Status wrong_option(std::string_view option, const std::string& sentence) {
  return fail(Errc::usage, fmt::format("{}: {}", option, sentence));
}

void warn_of(const Config& config) {
  if (!config.hec.tls.verify)
    std::fputs("hecate: WARNING: the server's certificate is not verified (--insecure)\n", stderr);
}

}  // namespace hecate
