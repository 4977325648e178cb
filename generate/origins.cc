// origins: see the header.
#include "generate/origins.h"

#include <algorithm>

#include "generate/text_template.h"

namespace hecate::generate {

Origins::Origins(Random& random, std::int64_t start_ms, bool plain_lines_only) {
  constexpr std::size_t streams_per_service = 4;
  std::uint64_t sum = 0;
  for (std::size_t service = 0; service < all_services().size(); ++service) {
    const Service& described = all_services()[service];
    if (plain_lines_only && !described.plain_lines) continue;
    TextTemplate group(described.log_group);
    TextTemplate stream(described.log_stream);
    for (std::size_t i = 0; i < streams_per_service; ++i) {
      Origin& origin = origins_.emplace_back();
      origin.service = service;
      group.expand(origin.log_group, random, start_ms, 0);
      stream.expand(origin.log_stream, random, start_ms, 0);
      sum += described.weight;
      weights_up_to_.push_back(sum);
    }
  }
}

std::size_t Origins::draw(Random& random) const {
  const std::uint64_t drawn = random.below(weights_up_to_.back());
  const auto found = std::upper_bound(weights_up_to_.begin(), weights_up_to_.end(), drawn);
  return static_cast<std::size_t>(found - weights_up_to_.begin());
}

}  // namespace hecate::generate
