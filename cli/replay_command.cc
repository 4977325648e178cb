#include <memory>

#include <CLI/CLI.hpp>

#include "batch/replay.h"
#include "cli/delivery_options.h"
#include "cli/run.h"

namespace hecate {
namespace {

constexpr const char* notes =
    R"(DLQ   a file, a folder (all below it), a glob, @list.txt (one DLQ a line), or - for standard input;
      plain or compressed. The content tells what each dead letter is:
        hecate's own: the event is sent exactly as it was kept, under its own event id
        Firehose error-prefix objects: rawData goes through the configuration like an archive;
          what is a HEC event already is sent as it is
        Lambda on-failure records (and dead-letter queue bodies) of CloudWatch Logs invocations
DEST  http(s)://host:port (HEC; repeat --to for several endpoints), file:PATH, - for standard
      output, or null:

Objects that were dead-lettered as a whole cannot be sent again: they are named; repair them and
backfill them. What fails once more becomes a dead letter in a new file. The files that are read are
never changed; replaying them twice sends nothing twice.

The token comes from SPLUNK_HEC_TOKEN, --token-file or the configuration; never from here.

Exit status: 0 everything delivered, or filtered on purpose; 1 finished, but something could not be
sent again; 2 wrong usage or configuration, nothing was read; 3 stopped with work left: run the same
command again to go on; 130 interrupted, likewise.

Examples:
  hecate replay my.checkpoint.dead-letters --to https://splunk.example:8088
  hecate replay 'firehose-errors/splunk-failed/**' --to https://splunk.example:8088 --config hecate.yaml)";

struct Replay {
  DeliveryOptions delivery;
  JobOptions job;
};

}  // namespace

void add_replay_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "replay", "Send dead letters again: hecate's own, Firehose's, and failed Lambda invocations");
  auto replay = std::make_shared<Replay>();
  command->add_option("DLQ", replay->job.sources, "what to read (see below)")->required();
  replay->delivery.add_to(*command, replay->job);
  command->footer(notes);
  command->callback([replay, &chosen] {
    chosen = [replay]() -> int {
      if (Status filled = replay->delivery.fill_in(replay->job); !filled)
        return usage_error(filled.error().message);
      warn_of(replay->job.config);
      return static_cast<int>(run_replay(replay->job, process_environment()));
    };
  });
}

}  // namespace hecate
