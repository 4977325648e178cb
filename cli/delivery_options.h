// delivery_options: the options that commands which deliver events have in common.
//
// Says once what they are called and what their texts mean. What a command reads, and what is
// particular to it, is the command's own.
#pragma once

#include <string>

#include "batch/job.h"
#include "pipeline/result.h"

namespace CLI {
class App;
}

namespace hecate {

/// Lives until the command runs: options are bound to its members.
class DeliveryOptions {
 public:
  /// Adds --to, --config, --checkpoint and so on to a command; `job` takes what needs no reading.
  void add_to(CLI::App& command, JobOptions& job);
  /// Reads the configuration and the texts into `job`. Errc::usage: a sentence to show.
  Status fill_in(JobOptions& job) const;

 private:
  Status fill_in_limits(JobOptions& job) const;
  Status fill_in_hec(HecConfig& hec) const;
  Status fill_in_modes(JobOptions& job) const;

  std::string config_, gzip_, progress_ = "auto", summary_ = "text", rate_, checkpoint_;
  std::string token_file_, ca_file_, cert_file_, key_file_;
  bool insecure_ = false;
  bool ack_ = false;
};

/// An error about an option: "--rate: <sentence>".
Status wrong_option(std::string_view option, const std::string& sentence);

/// Says on stderr what in `config` is dangerous.
void warn_of(const Config& config);

}  // namespace hecate
