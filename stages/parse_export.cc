// parse_export: what CloudWatch's CreateExportTask writes.
//
//   2024-01-31T23:59:59.123Z message text
//      a line without a time continues the message before it
//
// The log stream is the name of the object's folder; group and ids are not in the export. A message
// longer than the event limit is cut and skipped up to the next line with a time.
#include <utility>

#include "stages/parser.h"
#include "stages/timestamp.h"

namespace hecate {
namespace {

class ExportParser final : public Parser {
 public:
  ExportParser(const ScanKernels& kernels, ContextTable& contexts, std::uint64_t event_bytes_max)
      : kernels_(kernels), contexts_(contexts), message_bytes_max_(event_bytes_max + 1) {}

  void open(const Envelope& envelope) override {
    envelope_ = &envelope;
    skipping_ = false;
    problem_.reset();
  }

  std::size_t parse(const TextPiece& piece, Batch& batch) override {
    const char* const begin = piece.text.data();
    const char* const end = begin + piece.text.size();
    const char* p = begin;
    const std::uint32_t context =
        context_index(batch, contexts_.of_object(*envelope_, envelope_->folder));
    while (p < end && batch.events.size() < limits::batch_events_max) {
      Record record = find_end(p, end, piece.at_end);
      // Whether a record is cut depends on its size alone, not on how its bytes arrive.
      const bool cut = record.size > message_bytes_max_ + export_time_bytes_max;
      if (!record.complete && !skipping_ && !cut) break;
      if (record.used == 0) break;  // all depends on the next bytes
      if (!skipping_) {
        Event event;
        event.context = context;
        event.truncated = cut;
        set_record(event, begin, p, record);
        batch.events.push_back(event);
      }
      skipping_ = !record.complete;
      p += record.used;
    }
    return static_cast<std::size_t>(p - begin);
  }

 private:
  struct Record {
    std::size_t size = 0;  // without the newline that ends it
    std::size_t used = 0;
    bool complete = false;
    std::uint8_t seen = 0;
  };

  // From the beginning of a record to the newline before the next line with a time.
  Record find_end(const char* p, const char* end, bool at_end) const {
    Record record;
    const char* line = p;
    while (line < end) {
      const ScanResult scan = kernels_.line(line, end);
      record.seen |= scan.seen;
      if (scan.size == ScanResult::npos) break;
      const char* newline = line + scan.size;
      const char* next = newline + 1;
      const auto left = static_cast<std::size_t>(end - next);
      std::int64_t ignored = 0;
      const bool last = at_end && left == 0;
      if (last || take_export_time({next, left}, ignored) != 0) {
        record.size = static_cast<std::size_t>(newline - p);
        record.used = record.size + 1;
        record.complete = true;
        return record;
      }
      if (left < export_time_bytes_max && !at_end) {
        // The next line may yet turn out to have a time: stop before its newline.
        record.size = record.used = static_cast<std::size_t>(newline - p);
        return record;
      }
      record.seen |= Seen::control;  // the newline is part of the message
      line = next;
    }
    record.size = record.used = static_cast<std::size_t>(end - p);
    record.complete = at_end;
    return record;
  }

  void set_record(Event& event, const char* begin, const char* p, const Record& record) const {
    const std::size_t head = take_export_time({p, record.size}, event.time_ms);
    if (head == 0) event.time_ms = envelope_->modified_ms;
    const std::size_t size = record.size - head;
    event.raw_begin = static_cast<std::uint32_t>(p + head - begin);
    event.raw_size = static_cast<std::uint32_t>(event.truncated ? message_bytes_max_ : size);
    // What was seen may stand behind the place of the cut.
    constexpr std::uint8_t anything = Seen::backslash | Seen::non_ascii | Seen::control;
    event.flags = plain_text_flags(event.truncated ? anything : record.seen);
  }

  const ScanKernels& kernels_;
  ContextTable& contexts_;
  const std::uint64_t message_bytes_max_;
  const Envelope* envelope_ = nullptr;
  bool skipping_ = false;
};

}  // namespace

std::unique_ptr<Parser> make_export_parser(const ScanKernels& kernels, ContextTable& contexts,
                                           std::uint64_t event_bytes_max) {
  return std::make_unique<ExportParser>(kernels, contexts, event_bytes_max);
}

}  // namespace hecate
