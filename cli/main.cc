#include "cli/run.h"

int main(int argc, char** argv) {
  return hecate::run_command_line(argc, argv);
}
