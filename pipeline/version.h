// version: what this build calls itself.
//
// One place for the number that `hecate --version` prints and that receivers see as User-Agent.
#pragma once

#include <string_view>

namespace hecate {

inline constexpr std::string_view version = "0.1.0";

}  // namespace hecate
