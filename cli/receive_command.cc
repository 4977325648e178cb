#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/run.h"
#include "cli/values.h"
#include "receive/command.h"

namespace hecate {
namespace {

constexpr const char* notes =
    R"(It answers as a real Splunk does: every endpoint, code and status, batches indexed up to the first
bad event, acknowledgements told once. Without --token any token will do. GET /counts tells what
arrived; the same is printed when it ends (Ctrl-C).

Rehearse an outage: --faults FILE is a seeded plan in YAML, for example
  seed: 1
  rules:
    - {every: 5, status: 503, code: 9}          # every fifth request: busy
    - {requests: 20-30, refuse_token: true}     # a token that is rotated for a while
docs/receive.md describes all of it.

Example:
  hecate receive --listen 127.0.0.1:8088 --token trial --out received.ndjson)";

}  // namespace

void add_receive_command(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("receive", "A small HEC server for trials and tests, faithful to Splunk");
  auto options = std::make_shared<receive::ReceiveOptions>();
  auto body = std::make_shared<std::string>();
  command->add_option("--listen", options->listen, "ADDR:PORT; port 0: any free one")
      ->capture_default_str();
  command->add_option("--port-file", options->port_file, "write the port here once listening");
  command->add_option("--token", options->tokens, "a token to accept (repeatable)");
  command->add_option("--index", options->indexes, "an index to allow (repeatable); default: any");
  command->add_option("--out", options->out_file, "append accepted events here, one a line");
  command->add_flag("--ack", options->ack, "indexer acknowledgement: channels, ack ids, polls");
  command->add_option("--max-body", *body, "largest body, as 1MB; more is answered with 413");
  command->add_option("--tls-cert", options->tls_cert_file, "certificate chain (PEM): https");
  command->add_option("--tls-key", options->tls_key_file, "its key (PEM)");
  command->add_option("--faults", options->faults_file, "a plan of things to go wrong (YAML)");
  command->add_flag("--query-token", options->query_token, "allow ?token=");
  command->add_flag("--track-ids", options->track_ids, "count events whose event_id came before");
  command->footer(notes);
  command->callback([options, body, &chosen] {
    chosen = [options, body]() -> int {
      if (!body->empty()) {
        Result<std::uint64_t> size = parse_size(*body);
        if (!size) return usage_error("--max-body: " + size.error().message);
        options->body_bytes_max = *size;
      }
      return receive::run_receive(*options);
    };
  });
}

}  // namespace hecate
