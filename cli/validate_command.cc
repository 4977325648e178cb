#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/config_files.h"
#include "cli/run.h"

namespace hecate {

void add_validate_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "validate", "Check a configuration and print what is in force (secrets hidden)");
  auto path = std::make_shared<std::string>();
  command->add_option("CONFIG", *path, "configuration file; default: $HECATE_CONFIG");
  command->footer(
      "Prints all problems at once, each with line and column, and exits with 2; or the whole\n"
      "configuration in force, with its defaults and what the environment adds, and exits with 0.");
  command->callback([path, &chosen] {
    chosen = [path] {
      Result<Config> config = load_config_file(*path, process_environment());
      if (!config) {
        std::fprintf(stderr, "%s\n", config.error().message.c_str());
        return 2;
      }
      std::fputs(print_effective_config(*config).c_str(), stdout);
      return 0;
    };
  });
}

}  // namespace hecate
