// unescape: from what is written in JSON to what was logged.
//
// Stage: parsed -> unescaped. Patterns must see what was logged, so each message is put, unescaped,
// into batch.messages, one behind another with a newline between. Messages without a backslash are
// copied, and not even that when nobody will look at them (no rules). Damage is repaired here,
// event by event: bad escapes, lone surrogates and invalid UTF-8 become U+FFFD; the event is
// flagged, counted and encoded from the repaired message. Also settles what only the message can
// tell: blank events (no HEC takes them) and events above the size limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/batch.h"
#include "pipeline/config.h"
#include "pipeline/pipeline.h"

namespace hecate {

struct Unescaped {
  std::size_t size = 0;  ///< bytes written
  bool damaged = false;  ///< something became U+FFFD
};

/// An upper bound of what unescaping (and repairing) `raw_size` bytes can write: each bad byte may
/// become the three bytes of U+FFFD.
constexpr std::size_t unescaped_bytes_max(std::size_t raw_size) noexcept {
  return raw_size * 3;
}

/// Unescapes the inside of a JSON string into `out`, which has room for unescaped_bytes_max() bytes
/// plus limits::padding_bytes; `raw` is padded as well. The result is valid UTF-8.
Unescaped unescape_json(std::string_view raw, char* out);

/// Copies `raw` to `out`, each byte that is not UTF-8 replaced by U+FFFD. Room as above.
Unescaped repair_utf8(std::string_view raw, char* out);

class Unescape {
 public:
  static constexpr const char* name = "unescape";
  static constexpr Phase from = Phase::parsed;
  static constexpr Phase to = Phase::unescaped;

  struct Options {
    bool need_messages = true;  ///< false: fill batch.messages only where a message is repaired
    std::uint64_t event_bytes_max = 1'000'000;
    TooLarge too_large = TooLarge::truncate;
  };
  explicit Unescape(Options options) : options_(options) {}
  Status process(Batch& batch);

 private:
  void process_event(Batch& batch, Event& event) const;
  Options options_;
};
static_assert(Stage<Unescape>);

}  // namespace hecate
