// metrics: what a run counts. Added to per batch or request, never per event.
//
// At rest: events_read = events_delivered + events_filtered + events_dead_lettered.
// check_conserved() asserts it, in release builds too, whenever a run has drained.
#pragma once

#include <atomic>
#include <cstdint>

#include "pipeline/check.h"

namespace hecate {

struct Metrics {
  using Counter = std::atomic<std::uint64_t>;

  Counter objects_total{0};    ///< chosen by the sources and filters
  Counter objects_done{0};     ///< read to the end in this run, all events settled
  Counter objects_skipped{0};  ///< done by an earlier run
  Counter objects_failed{0};   ///< damaged or unreadable; dead-lettered

  Counter events_read{0};
  Counter events_delivered{0};
  Counter events_filtered{0};
  Counter events_dead_lettered{0};
  Counter events_resumed{0};  ///< read again only to be skipped: delivered by an earlier run

  Counter events_blank{0};            ///< filtered: nothing but white space, which no HEC takes
  Counter events_dropped_by_rule{0};  ///< filtered: action drop, or not in the sample
  Counter events_group_rejected{0};   ///< filtered: log group outside the naming convention
  Counter events_repaired{0};         ///< delivered with U+FFFD for invalid UTF-8 or surrogates
  Counter events_truncated{0};        ///< delivered cut to hec.max_event_bytes
  Counter events_without_time{0};     ///< delivered without a usable time
  Counter control_messages{0};        ///< CloudWatch probes, skipped

  Counter bytes_compressed{0};    ///< read from objects
  Counter bytes_uncompressed{0};  ///< after decompression
  Counter bytes_posted{0};        ///< request bodies as sent, retries included
  Counter requests{0};            ///< answered or not
  Counter retries{0};
  Counter connections_opened{0};

  static void add(Counter& counter, std::uint64_t n) noexcept {
    counter.fetch_add(n, std::memory_order_relaxed);
  }
  static std::uint64_t get(const Counter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
  }
  void check_conserved() const noexcept {
    check(get(events_read) ==
              get(events_delivered) + get(events_filtered) + get(events_dead_lettered),
          "every event read was delivered, filtered or dead-lettered");
  }
};

}  // namespace hecate
