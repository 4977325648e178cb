#include "batch/destination.h"

#include <algorithm>

#include <fmt/format.h>

namespace hecate {

Result<Destination> parse_destination(std::span<const std::string> texts) {
  if (texts.empty()) {
    return fail(Errc::usage,
                "no destination: give --to URL, or hec.endpoints in the configuration");
  }
  const auto is_hec = [](const std::string& text) {
    return text.starts_with("http://") || text.starts_with("https://");
  };
  if (std::all_of(texts.begin(), texts.end(), is_hec)) return Destination{};
  if (texts.size() > 1) {
    return fail(Errc::usage, "several destinations work together only when all are HEC endpoints");
  }
  const std::string& text = texts.front();
  if (text == "-") return Destination{DestinationKind::standard_output, {}};
  if (text == "null:") return Destination{DestinationKind::null, {}};
  if (text.starts_with("file:") && text.size() > 5)
    return Destination{DestinationKind::file, text.substr(5)};
  return fail(
      Errc::usage,
      fmt::format("'{}' is no destination: use http(s)://host:port, file:PATH, - or null:", text));
}

}  // namespace hecate
