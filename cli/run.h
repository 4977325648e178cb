// run: the command line of hecate, from arguments to an exit status.
//
// Each command adds itself to the application and leaves behind what to do when it is chosen.
// Reading the command line is all that happens here; the work is in batch/, receive/ and generate/.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace hecate {

/// What the chosen command does; returns the exit status.
using Action = std::function<int()>;

/// Runs the command that `argv` names. Never throws.
int run_command_line(int argc, char** argv);

// Each adds one command; `chosen` receives its action when the command line names it.
void add_backfill_command(CLI::App& app, Action& chosen);
void add_receive_command(CLI::App& app, Action& chosen);
void add_generate_command(CLI::App& app, Action& chosen);
void add_replay_command(CLI::App& app, Action& chosen);
void add_status_command(CLI::App& app, Action& chosen);
void add_validate_command(CLI::App& app, Action& chosen);

/// Prints "hecate: <sentence>" on stderr and returns 2.
int usage_error(const std::string& sentence);

}  // namespace hecate
