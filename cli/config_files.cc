#include "cli/config_files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "pipeline/limits.h"
#include "stages/log_pipeline.h"

namespace hecate {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

Result<std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    return fail(Errc::usage,
                fmt::format("configuration {} cannot be read: {}", path, std::strerror(errno)));
  }
  std::string text(limits::config_bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return fail(Errc::usage, fmt::format("configuration {} cannot be read", path));
  if (text.size() > limits::config_bytes_max) {
    return fail(Errc::usage, fmt::format("configuration {} is larger than {} bytes", path,
                                         limits::config_bytes_max));
  }
  return text;
}

}  // namespace

Result<Config> load_config_file(const std::string& path, const Environment& environment) {
  std::string name = path;
  if (name.empty()) name = environment("HECATE_CONFIG").value_or("");
  ConfigLoad load;
  if (name.empty()) {
    name = "environment";
    load = default_config(environment, check_log_pipeline);
  } else {
    Result<std::string> text = read_file(name);
    if (!text) return fail(std::move(text.error()));
    load = load_config(*text, environment, check_log_pipeline);
  }
  if (load.problems.empty()) return std::move(load.config);
  std::string all = format_problems(name, load.problems);
  while (!all.empty() && all.back() == '\n') all.pop_back();
  return fail(Errc::usage, std::move(all));
}

}  // namespace hecate
