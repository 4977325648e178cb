#include "batch/checkpoint_path.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/core.h>
#include <xxhash.h>

#include "batch/posix_file.h"

namespace hecate {
namespace {

constexpr std::string_view hec_default_path = "/services/collector/event";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string normal_source(std::string_view source, std::string_view working_folder) {
  if (source == "-" || source.find("://") != std::string_view::npos) return std::string(source);
  if (source.starts_with('@')) return "@" + absolute_path(source.substr(1), working_folder);
  return absolute_path(source, working_folder);
}

std::string normal_destination(std::string_view destination, std::string_view working_folder) {
  constexpr std::string_view file_prefix = "file:";
  const std::size_t scheme_end = destination.find("://");
  if (scheme_end == std::string_view::npos) {
    if (!destination.starts_with(file_prefix)) return std::string(destination);
    return std::string(file_prefix) +
           absolute_path(destination.substr(file_prefix.size()), working_folder);
  }
  const std::string_view rest = destination.substr(scheme_end + 3);
  const std::size_t path_begin = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, path_begin);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::string_view path = rest.substr(path_begin);
  if (path.empty() || path == "/") path = hec_default_path;
  return fmt::format("{}://{}{}", lower(destination.substr(0, scheme_end)), lower(authority), path);
}

std::string sorted_lines(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

}  // namespace

CheckpointJob checkpoint_job(std::span<const std::string> sources,
                             std::span<const std::string> destinations,
                             std::string_view working_folder) {
  std::vector<std::string> normal_sources;
  for (const std::string& source : sources)
    normal_sources.push_back(normal_source(source, working_folder));
  std::vector<std::string> normal_destinations;
  for (const std::string& destination : destinations)
    normal_destinations.push_back(normal_destination(destination, working_folder));
  return {sorted_lines(std::move(normal_sources)), sorted_lines(std::move(normal_destinations))};
}

Result<std::string> default_checkpoint_path(const Environment& environment,
                                            const CheckpointJob& job, std::string_view shard) {
  // The XDG specification asks to ignore a relative path.
  std::optional<std::string> folder = environment("XDG_STATE_HOME");
  if (!folder || !folder->starts_with('/')) {
    folder = environment("HOME");
    if (!folder)
      return fail(Errc::usage,
                  "cannot tell where to keep the checkpoint: neither HOME nor XDG_STATE_HOME is "
                  "set; name a file with --checkpoint");
    *folder += "/.local/state";
  }
  std::string key = job.sources;
  key += '\0';
  key += job.destination;
  if (!shard.empty()) {
    key += '\0';
    key += shard;
  }
  return fmt::format("{}/hecate/{:016x}.checkpoint", *folder, XXH3_64bits(key.data(), key.size()));
}

}  // namespace hecate
