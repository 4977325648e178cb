#include "cli/run.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "pipeline/version.h"

namespace hecate {
namespace {

constexpr const char* about =
    "hecate moves CloudWatch Logs to a Splunk HTTP Event Collector (HEC): every event once,\n"
    "resumable, and fast.";

constexpr const char* examples = R"(Examples:
  # Try it without a Splunk: sample archives, a HEC of its own, a backfill
  hecate generate --out samples --events 100000
  hecate receive --token trial --out received.ndjson &
  SPLUNK_HEC_TOKEN=trial hecate backfill samples --to http://127.0.0.1:8088

  # Archives into your Splunk; the same command goes on after any interruption
  SPLUNK_HEC_TOKEN=... hecate backfill /archives/2024 --to https://splunk.example:8088

  # What was refused, once the reason is mended: dead letters lie where the backfill said
  SPLUNK_HEC_TOKEN=... hecate replay dead-letters --to https://splunk.example:8088

  # See what would be sent, one HEC object a line
  hecate backfill archive.gz --to - | head

  # How fast is everything but the network?
  hecate backfill /archives/2024 --to null: --summary json

'hecate COMMAND --help' says more about each command.)";

// The options among `arguments`, without what follows them: that may be a secret.
std::string option_names(const std::vector<std::string>& arguments) {
  std::string names;
  for (const std::string& argument : arguments) {
    if (argument.size() < 2 || argument[0] != '-') continue;
    if (!names.empty()) names += ", ";
    names += argument.substr(0, argument.find('='));
  }
  return names;
}

int explain_extras(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining(true);
  const std::string names = option_names(extras);
  const bool token = names.find("--token") != std::string::npos;
  const CLI::App* command = app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
  if (token && command != nullptr && command->get_name() != "receive") {
    return usage_error(
        "a token is never given on the command line, where every user of the machine can read it: "
        "set SPLUNK_HEC_TOKEN, or use --token-file or the configuration");
  }
  if (names.empty()) return usage_error("unknown command or argument; see 'hecate --help'");
  return usage_error(fmt::format("unknown option {}; see 'hecate {}--help'", names,
                                 command == nullptr ? std::string() : command->get_name() + " "));
}

int run(int argc, char** argv) {
  CLI::App app(about, "hecate");
  app.set_version_flag("--version", fmt::format("hecate {}", version));
  app.footer(examples);
  app.require_subcommand(1);
  app.allow_extras();  // refused below, with a message that does not repeat values
  Action chosen;
  add_backfill_command(app, chosen);
  add_replay_command(app, chosen);
  add_status_command(app, chosen);
  add_receive_command(app, chosen);
  add_generate_command(app, chosen);
  add_validate_command(app, chosen);
  for (CLI::App* command : app.get_subcommands({})) command->allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::RequiredError&) {
    if (!app.remaining(true).empty()) return explain_extras(app);
    std::fputs(app.help().c_str(), stderr);
    return 2;
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  if (!app.remaining(true).empty()) return explain_extras(app);
  return chosen ? chosen() : 2;
}

}  // namespace

int usage_error(const std::string& sentence) {
  std::fputs(fmt::format("hecate: {}\n", sentence).c_str(), stderr);
  return 2;
}

int run_command_line(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("hecate: out of memory\n", stderr);
    return 3;
  } catch (const std::exception& error) {
    // Libraries may throw what their documentation does not say.
    std::fputs(fmt::format("hecate: internal error: {}\n", error.what()).c_str(), stderr);
    return 3;
  }
}

}  // namespace hecate
