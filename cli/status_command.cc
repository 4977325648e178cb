#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "batch/status.h"
#include "cli/run.h"

namespace hecate {
namespace {

constexpr const char* notes =
    R"(Looks without touching, also while a run is under way. done: every event settled; partial: some
events are still to be sent; failed: damaged, what was readable was sent; unread: could not be read,
the next run tries again.

Exit status: 0 shown; 2 there is no such checkpoint, or it cannot be read; 3 it is damaged.

Examples:
  hecate status ~/.local/state/hecate/0123456789abcdef.checkpoint
  hecate status my.checkpoint --all --summary json)";

}  // namespace

void add_status_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "status", "Show what a checkpoint holds: done, partial, failed, dead-lettered");
  auto options = std::make_shared<StatusOptions>();
  auto format = std::make_shared<std::string>("text");
  command->add_option("CHECKPOINT", options->checkpoint, "the file of a backfill or replay")
      ->required();
  command->add_flag("--all", options->all, "list every object");
  command->add_option("--errors", options->errors_max, "show at most so many of the last errors")
      ->capture_default_str();
  command->add_option("--summary", *format, "text or json")->capture_default_str();
  command->footer(notes);
  command->callback([options, format, &chosen] {
    chosen = [options, format]() -> int {
      if (*format == "json") {
        options->format = SummaryFormat::json;
      } else if (*format != "text") {
        return usage_error("--summary: one of text, json");
      }
      return static_cast<int>(run_status(*options));
    };
  });
}

}  // namespace hecate
