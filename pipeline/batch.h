// batch: the unit that flows through the pipeline, and the events in it.
//
//   text      |{"messageType":...,"logEvents":[{"id":"3..","timestamp":..,"message":"a \"b\""},
//   ...|
//                                                ^id_begin                         ^raw_begin
//   messages  |first message\na "b"\n...|          (unescaped, one per event, '\n' behind each)
//                             ^text_begin
//   encoded   |{"time":...,"event":"a \"b\"",...}\n...|   (what goes on the wire)
//
// A Batch is reused: clear() keeps the memory. Events refer to bytes by offset and are dropped by
// their fate, never by erasing. `text` belongs to the source and is valid until its next batch.
// Each stage moves the batch on by one phase; pipeline.h checks the order when it compiles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/buffer.h"
#include "pipeline/envelope.h"

namespace hecate {

/// What is true of a batch. A stage names the phase it needs and the one it leaves behind.
enum class Phase : std::uint8_t {
  parsed,      ///< events know their raw slice, time, id and context
  unescaped,   ///< `messages` holds what was logged; damaged strings are repaired and flagged
  classified,  ///< every kept event has its rule, or none
  enriched,    ///< every event has its fate, its id and its rendering
  encoded,     ///< `encoded` holds the HEC objects
};

/// What becomes of an event.
enum class Fate : std::uint8_t {
  keep,         ///< to be delivered
  filtered,     ///< dropped on purpose (a rule, an unmatched log group, blank); counted
  dead_letter,  ///< cannot be delivered; written to the dead letters with its Fault
  resumed,      ///< delivered by an earlier run; neither read nor sent in this one
};

/// Why an event cannot be delivered as it is. none: it can.
enum class Fault : std::uint8_t { none, too_large, bad_event };

/// Facts about an event's raw slice, found while it was scanned.
struct EventFlags {
  static constexpr std::uint8_t json_string = 1;  ///< raw is the inside of a JSON string
  static constexpr std::uint8_t json_value = 2;   ///< raw is a JSON value, sent without quotes
  static constexpr std::uint8_t backslash = 4;    ///< raw holds a backslash
  static constexpr std::uint8_t non_ascii = 8;    ///< raw holds bytes >= 0x80
  static constexpr std::uint8_t special = 16;  ///< raw holds a control character, or a bare quote
  static constexpr std::uint8_t from_message = 32;  ///< the message, not raw, is to be encoded
  static constexpr std::uint8_t repaired = 64;      ///< invalid UTF-8 or surrogates became U+FFFD
  static constexpr std::uint8_t no_time = 128;      ///< no usable time was found
};

inline constexpr std::uint16_t no_rule = 0xffff;

/// One log event: offsets, not strings. Trivially copyable.
struct Event {
  std::uint32_t raw_begin = 0;  ///< into Batch::text
  std::uint32_t raw_size = 0;
  std::uint32_t text_begin = 0;  ///< into Batch::messages, once unescaped
  std::uint32_t text_size = 0;
  std::uint32_t id_begin = 0;  ///< into Batch::text: CloudWatch's own id; size 0 elsewhere
  std::uint32_t id_size = 0;
  std::int64_t time_ms = 0;      ///< epoch milliseconds
  std::uint64_t id_hash = 0;     ///< the 64 bits behind the event id, once enriched
  std::uint32_t context = 0;     ///< index into Batch::contexts
  std::uint32_t metadata = 0;    ///< index into Batch::metadata, once enriched
  std::uint16_t rule = no_rule;  ///< index of the first rule that matched, once classified
  std::uint8_t flags = 0;
  Fate fate = Fate::keep;
  Fault fault = Fault::none;
  bool truncated = false;  ///< the message is only the beginning of what was logged

  [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

/// Where an event was logged: shared by all events of a document, a file or a stream. What is not
/// known is empty: a CloudWatch document says owner, group and stream; a file only names itself.
struct Context {
  std::string owner;  ///< AWS account
  std::string log_group;
  std::string log_stream;
  std::string uri;           ///< of the object, where the text does not say whence it came
  std::string identity;      ///< of the object, likewise
  std::string folder;        ///< of the object, likewise
  std::uint64_t serial = 0;  ///< unique in a worker's life: a key for what stages derive from it
};

/// What is sent along with an event's text. Shared by all events of a context and rule; strings
/// without a value are empty and left out of what is sent.
struct Metadata {
  std::string host, source, sourcetype, index;
  std::vector<std::pair<std::string, std::string>> fields;  ///< flat, in the order they are sent
  std::string log_group, application, application_component, environment;  ///< for envelope events
  std::uint64_t serial = 0;  ///< unique in a worker's life, like Context::serial
};

struct Batch {
  std::string_view text;  ///< raw text, padded; owned by the source
  const Envelope* envelope = nullptr;
  Format format = Format::automatic;
  std::vector<Event> events;
  std::vector<const Context*> contexts;   ///< owned by the source, stable until its next batch
  std::vector<const Metadata*> metadata;  ///< owned by the enriching stage, stable as above
  Buffer messages;
  Buffer encoded;
  /// Per event: where its object ends in `encoded`. Events that are neither kept nor dead letters
  /// have none: they end where the one before them does.
  std::vector<std::uint32_t> encoded_ends;
  std::uint64_t first_record = 0;  ///< ordinal, within the object, of events[0]

  // Counted by the stages, added to the run's metrics by whoever drives the pipeline.
  std::uint64_t events_repaired = 0;
  std::uint64_t events_truncated = 0;
  std::uint64_t events_without_time = 0;
  std::uint64_t control_messages = 0;
  std::uint64_t events_blank = 0;            ///< filtered: nothing but white space
  std::uint64_t events_dropped_by_rule = 0;  ///< filtered: action drop, or outside the sample
  std::uint64_t events_group_rejected = 0;   ///< filtered: log group outside the convention

  [[nodiscard]] std::string_view raw(const Event& e) const noexcept {
    return text.substr(e.raw_begin, e.raw_size);
  }
  [[nodiscard]] std::string_view message(const Event& e) const noexcept {
    return messages.view(e.text_begin, e.text_size);
  }
  [[nodiscard]] std::string_view id(const Event& e) const noexcept {
    return text.substr(e.id_begin, e.id_size);
  }
  /// Empties the batch and keeps its memory.
  void clear() noexcept {
    text = {};
    envelope = nullptr;
    events.clear();
    contexts.clear();
    metadata.clear();
    messages.clear();
    encoded.clear();
    encoded_ends.clear();
    first_record = 0;
    events_repaired = events_truncated = events_without_time = control_messages = 0;
    events_blank = events_dropped_by_rule = events_group_rejected = 0;
  }
};

}  // namespace hecate
