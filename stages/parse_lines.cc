// parse_lines: plain text and JSON lines, an event a line.
//
// Lines end in LF or CRLF; the last one may end in nothing. A line longer than the event limit is
// cut there and the rest of it skipped, so that an endless line needs no more memory than any
// other. JSON lines take their time from the first of `timestamp`, `time` and `@timestamp` that has
// one; everything else happens at the object's modification time.
#include <array>
#include <utility>

#include "stages/json_scan.h"
#include "stages/parser.h"
#include "stages/timestamp.h"

namespace hecate {
namespace {

constexpr std::array<std::string_view, 3> time_keys = {"timestamp", "time", "@timestamp"};

// What a format makes of a whole line: nothing, for text.
struct TextLine {
  static void inspect(Event&, const char*, const ScanKernels&) {}
};

// Line: a type rather than a virtual function, because it is asked for every event.
template <typename Line>
class LineParser final : public Parser {
 public:
  LineParser(const ScanKernels& kernels, ContextTable& contexts, std::uint64_t event_bytes_max)
      : kernels_(kernels), contexts_(contexts), line_bytes_max_(event_bytes_max + 1) {}

  void open(const Envelope& envelope) override {
    envelope_ = &envelope;
    skipping_ = false;
    problem_.reset();
  }

  std::size_t parse(const TextPiece& piece, Batch& batch) override {
    const char* const begin = piece.text.data();
    const char* const end = begin + piece.text.size();
    const char* p = begin;
    const std::uint32_t context = context_index(batch, contexts_.of_object(*envelope_, {}));
    while (p < end && batch.events.size() < limits::batch_events_max) {
      const ScanResult scan = kernels_.line(p, end);
      const auto rest = static_cast<std::size_t>(end - p);
      const bool ended = scan.size != ScanResult::npos || piece.at_end;
      const std::size_t size = scan.size != ScanResult::npos ? scan.size : rest;
      // Whether a line is cut depends on its size alone, not on how its bytes arrive.
      const bool cut = size > line_bytes_max_;
      if (!ended && !skipping_ && !cut) break;  // it may be complete soon
      if (!skipping_) {
        Event event;
        event.context = context;
        event.time_ms = envelope_->modified_ms;
        event.truncated = cut;
        set_line(event, begin, p, cut ? line_bytes_max_ : size, scan.seen);
        if (!cut) Line::inspect(event, begin, kernels_);
        batch.events.push_back(event);
      }
      skipping_ = !ended;
      p += scan.size != ScanResult::npos ? size + 1 : size;
    }
    return static_cast<std::size_t>(p - begin);
  }

 private:
  void set_line(Event& event, const char* begin, const char* line, std::size_t size,
                std::uint8_t seen) const {
    if (size > 0 && line[size - 1] == '\r' && !event.truncated) --size;
    // What was seen may stand behind the line's new end.
    if (line[size] == '\r' || event.truncated) seen = kernels_.line(line, line + size).seen;
    event.raw_begin = static_cast<std::uint32_t>(line - begin);
    event.raw_size = static_cast<std::uint32_t>(size);
    event.flags = plain_text_flags(seen);
  }

  const ScanKernels& kernels_;
  ContextTable& contexts_;
  const std::uint64_t line_bytes_max_;
  const Envelope* envelope_ = nullptr;
  bool skipping_ = false;  // the rest of a line that was cut
};

struct JsonLine {
  static void inspect(Event& event, const char* begin, const ScanKernels& kernels) {
    const char* const line = begin + event.raw_begin;
    JsonCursor cursor{line, line + event.raw_size, &kernels};
    cursor.skip_space();
    if (cursor.p == cursor.end) return;  // blank
    if (*cursor.p == '{') {
      ++cursor.p;
      if (read_members(cursor, event)) return;
    }
    event.fate = Fate::dead_letter;
    event.fault = Fault::bad_event;
  }

 private:
  // False when the line is not one whole object.
  static bool read_members(JsonCursor& cursor, Event& event) {
    std::size_t best = time_keys.size();
    bool more = true;
    cursor.skip_space();
    if (cursor.p < cursor.end && *cursor.p == '}') {
      more = false;
      ++cursor.p;
    }
    while (more) {
      JsonSlice key;
      if (take_key(cursor, key) != Step::done) return false;
      const char* value = cursor.p;
      if (skip_value(cursor) != Step::done) return false;
      for (std::size_t i = 0; i < best; ++i) {
        if (key.raw != time_keys[i]) continue;
        if (parse_json_time({value, static_cast<std::size_t>(cursor.p - value)}, event.time_ms))
          best = i;
        break;
      }
      if (take_member_end(cursor, more) != Step::done) return false;
    }
    cursor.skip_space();
    return cursor.p == cursor.end;
  }
};

}  // namespace

std::unique_ptr<Parser> make_text_parser(const ScanKernels& kernels, ContextTable& contexts,
                                         std::uint64_t event_bytes_max) {
  return std::make_unique<LineParser<TextLine>>(kernels, contexts, event_bytes_max);
}

std::unique_ptr<Parser> make_json_lines_parser(const ScanKernels& kernels, ContextTable& contexts,
                                               std::uint64_t event_bytes_max) {
  return std::make_unique<LineParser<JsonLine>>(kernels, contexts, event_bytes_max);
}

}  // namespace hecate
