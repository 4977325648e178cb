// event_id: identifiers like those CloudWatch Logs gives its events.
//
// An id is 56 decimal digits: the timestamp in milliseconds times 2^144, plus a sequence number
// whose upper part belongs to the batch that was stored and whose lower part counts up, e.g.
// 31953106606966983378809025079804211143289615424298221568 for 1432826855000. Readers that
// compress or hash ids need the real shape: neighbours share digits only when they share a
// millisecond. Ids of one EventIds rise strictly as long as the timestamps do not fall.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "generate/random.h"

namespace hecate::generate {

class EventIds {
 public:
  /// The milliseconds for which ids have exactly 56 digits: from 1984 into 2112.
  static constexpr std::int64_t timestamp_ms_min = 450'000'000'000;
  static constexpr std::int64_t timestamp_ms_max = 4'480'000'000'000;

  explicit EventIds(Random& random) noexcept;

  /// Moves to the sequence numbers of the next stored batch.
  void start_batch() noexcept;

  /// Appends the next id, 56 digits. `timestamp_ms` lies within the bounds above.
  void append_next(std::string& out, std::int64_t timestamp_ms);

 private:
  void add_to_sequence(std::uint64_t amount) noexcept;

  Random& random_;
  std::array<std::uint64_t, 3> sequence_{};  // base 10^18, lowest first; stays far below 2^144
};

}  // namespace hecate::generate
