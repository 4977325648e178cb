// parse_cloudtrail: {"Records":[{...},{...}]}, an event a record.
//
// A record is sent as the JSON that it is, not as a string with JSON in it, so it is validated in
// full first (simdjson); one that is damaged becomes a dead letter of its own.
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "pipeline/json_text.h"
#include "stages/json_scan.h"
#include "stages/parser.h"
#include "stages/timestamp.h"

namespace hecate {
namespace {

class CloudtrailParser final : public Parser {
 public:
  CloudtrailParser(const ScanKernels& kernels, ContextTable& contexts)
      : kernels_(kernels), contexts_(contexts) {}

  void open(const Envelope& envelope) override {
    envelope_ = &envelope;
    at_ = At::document;
    problem_.reset();
  }

  std::size_t parse(const TextPiece& piece, Batch& batch) override {
    if (at_ == At::lost) return piece.text.size();
    begin_ = piece.text.data();
    JsonCursor cursor{begin_, begin_ + piece.text.size(), &kernels_};
    context_ = context_index(batch, contexts_.of_object(*envelope_, {}));
    const char* settled = cursor.p;
    Step step = Step::done;
    while (step == Step::done && batch.events.size() < limits::batch_events_max) {
      step = advance(cursor, batch);
      if (step == Step::done) settled = cursor.p;
    }
    const bool stuck =
        step == Step::incomplete && (piece.at_end || (piece.full && settled == begin_));
    if (step == Step::bad || stuck) {
      JsonCursor rest{settled, cursor.end, &kernels_};
      rest.skip_space();
      if (at_ != At::document || rest.p < rest.end) {
        const std::uint64_t byte = piece.offset + static_cast<std::uint64_t>(settled - begin_);
        note_problem(fmt::format("{} (text byte {})",
                                 step == Step::bad ? "the CloudTrail document is not valid JSON"
                                 : piece.at_end    ? "the CloudTrail document is cut off"
                                                   : "a CloudTrail record is too large",
                                 byte));
      }
      // Records have no mark to find them again by.
      at_ = At::lost;
      settled = cursor.end;
    }
    return static_cast<std::size_t>(settled - begin_);
  }

 private:
  enum class At : std::uint8_t { document, records, trailer, lost };

  Step advance(JsonCursor& cursor, Batch& batch) {
    cursor.skip_space();
    if (cursor.p == cursor.end) return Step::incomplete;
    switch (at_) {
      case At::document:
        return read_header(cursor);
      case At::records:
        return read_record(cursor, batch);
      case At::trailer:
        return read_trailer(cursor);
      case At::lost:
        break;
    }
    return Step::bad;
  }

  Step read_header(JsonCursor& cursor) {
    if (*cursor.p != '{') return Step::bad;
    ++cursor.p;
    bool more = true;
    while (more) {
      JsonSlice key;
      if (const Step step = take_key(cursor, key); step != Step::done) return step;
      if (key.raw == "Records" && *cursor.p == '[') {
        ++cursor.p;
        at_ = At::records;
        return Step::done;
      }
      if (const Step step = skip_value(cursor); step != Step::done) return step;
      if (const Step step = take_member_end(cursor, more); step != Step::done) return step;
    }
    return Step::done;
  }

  Step read_record(JsonCursor& cursor, Batch& batch) {
    if (*cursor.p == ',') {
      ++cursor.p;
      cursor.skip_space();
      if (cursor.p == cursor.end) return Step::incomplete;
    }
    if (*cursor.p == ']') {
      ++cursor.p;
      at_ = At::trailer;
      return Step::done;
    }
    const char* record = cursor.p;
    if (const Step step = skip_record(cursor); step != Step::done) return step;
    Event event;
    event.context = context_;
    event.time_ms = envelope_->modified_ms;
    event.raw_begin = static_cast<std::uint32_t>(record - begin_);
    event.raw_size = static_cast<std::uint32_t>(cursor.p - record);
    inspect(event, record);
    batch.events.push_back(event);
    return Step::done;
  }

  // What is no object is stepped over all the same: it is one bad record, not the end.
  Step skip_record(JsonCursor& cursor) const {
    if (*cursor.p != '{') return skip_value(cursor);
    const ScanResult whole = kernels_.brackets(cursor.p, cursor.end);
    if (whole.size == ScanResult::npos) return Step::incomplete;
    cursor.p += whole.size;
    return Step::done;
  }

  void inspect(Event& event, const char* record) {
    event.flags = EventFlags::json_value;
    const ScanResult line = kernels_.line(record, record + event.raw_size);
    if (line.size != ScanResult::npos || (line.seen & Seen::control) != 0)
      event.flags |= EventFlags::special;
    const std::string_view text(record, event.raw_size);
    simdjson::dom::element element;
    simdjson::error_code error = json_.parse(record, event.raw_size, false).get(element);
    if (error == simdjson::UTF8_ERROR) {
      event.flags |= EventFlags::non_ascii;  // to be repaired on the way
      repaired_.clear();
      append_valid_utf8(repaired_, text);
      error = json_.parse(repaired_).get(element);
    }
    std::string_view time;
    if (error != simdjson::SUCCESS || !element.is_object()) {
      event.fate = Fate::dead_letter;
      event.fault = Fault::bad_event;
      event.flags = EventFlags::special | EventFlags::backslash | EventFlags::non_ascii;
    } else if (element["eventTime"].get(time) == simdjson::SUCCESS) {
      std::int64_t time_ms = 0;
      if (take_iso8601(time, time_ms) == time.size() && !time.empty()) event.time_ms = time_ms;
    }
  }

  Step read_trailer(JsonCursor& cursor) {
    bool more = true;
    while (true) {
      if (const Step step = take_member_end(cursor, more); step != Step::done) return step;
      if (!more) break;
      JsonSlice key;
      if (const Step step = take_key(cursor, key); step != Step::done) return step;
      if (const Step step = skip_value(cursor); step != Step::done) return step;
    }
    at_ = At::document;
    return Step::done;
  }

  const ScanKernels& kernels_;
  ContextTable& contexts_;
  simdjson::dom::parser json_;
  std::string repaired_;  // of a record that is not UTF-8
  At at_ = At::document;
  const Envelope* envelope_ = nullptr;
  std::uint32_t context_ = 0;
  const char* begin_ = nullptr;
};

}  // namespace

std::unique_ptr<Parser> make_cloudtrail_parser(const ScanKernels& kernels, ContextTable& contexts) {
  return std::make_unique<CloudtrailParser>(kernels, contexts);
}

}  // namespace hecate
