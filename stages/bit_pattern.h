// bit_pattern: which patterns, or which part of them, to search for by bitmaps (bit_scan.h).
//
// Chosen when a pattern has no word that an engine could look for, and is, at least in part, a
// selective sequence of character classes. The part is as long as it can be; when it is not the
// whole pattern, its matches are candidates only.
#pragma once

#include <vector>

#include "stages/pattern.h"
#include "stages/pattern_tree.h"

namespace hecate {

/// Sets pattern.bits and pattern.bits_filter_only when that is the way. `branches` as parsed, not
/// trimmed; pattern.flags as they apply.
void find_bit_pattern(const std::vector<pattern_tree::Sequence>& branches, ScanPattern& pattern);

}  // namespace hecate
