// destination: what --to names. Opens and checks nothing but the words.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "pipeline/result.h"

namespace hecate {

enum class DestinationKind : std::uint8_t { hec, file, standard_output, null };

struct Destination {
  DestinationKind kind = DestinationKind::hec;
  std::string path;  ///< of a file
};

/// Several texts are one destination when all of them are HEC endpoints. Errc::usage otherwise.
Result<Destination> parse_destination(std::span<const std::string> texts);

}  // namespace hecate
