// parse_cloudwatch: CloudWatch Logs subscription documents, as archived by Firehose.
//
//   {"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"g","logStream":"s",
//    "subscriptionFilters":["f"],"logEvents":[{"id":"3..","timestamp":1440442987000,"message":"m"}]}
//
// Documents follow one another with or without white space. The walk is speculative: an event that
// looks exactly as AWS writes it is taken in a few compares; any other goes the slow way, key by
// key, with the same result. Documents never have to fit in memory, unless their metadata comes
// after their events. A damaged document costs its own tail: the walk picks up at the next
// document, of which it first tries every place where one could begin.
#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "stages/json_scan.h"
#include "stages/parser.h"

namespace hecate {
namespace {

constexpr std::string_view event_begin = "{\"id\":\"";
constexpr std::string_view before_timestamp = "\",\"timestamp\":";
constexpr std::string_view before_message = ",\"message\":\"";
constexpr std::size_t id_digits = 56;
constexpr std::size_t timestamp_digits = 13;
constexpr std::string_view document_mark = "{\"messageType\"";
// Of text that was not scanned for what is in it.
constexpr std::uint8_t any_bytes =
    EventFlags::special | EventFlags::backslash | EventFlags::non_ascii;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool starts_with(const char* p, std::string_view text) noexcept {
  return std::memcmp(p, text.data(), text.size()) == 0;
}

// Eight ASCII digits as a number; false when one of them is none.
bool eight_digits(const char* p, std::uint64_t& out) noexcept {
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, p, sizeof chunk);
  constexpr std::uint64_t zeros = 0x3030303030303030ULL;
  const std::uint64_t digits = chunk ^ zeros;
  if (((digits | (digits + 0x0606060606060606ULL)) & 0xf0f0f0f0f0f0f0f0ULL) != 0) return false;
  std::uint64_t value = digits * 10 + (digits >> 8);  // pairs, in every second byte
  value = (((value & 0x000000ff000000ffULL) * 0x000f424000000064ULL) +
           (((value >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL)) >>
          32;
  out = value;
  return true;
}

// Whether all of the 56 bytes of an id are digits: seven words, checked in one go.
bool is_id(const char* p) noexcept {
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < id_digits; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p + i, sizeof word);
    const std::uint64_t digits = word ^ 0x3030303030303030ULL;
    wrong |= digits | (digits + 0x0606060606060606ULL);
  }
  return (wrong & 0xf0f0f0f0f0f0f0f0ULL) == 0;
}

// The 13 digits of a timestamp in milliseconds (years 2001 to 2286).
bool thirteen_digits(const char* p, std::int64_t& out) noexcept {
  std::uint64_t high = 0;
  if (!eight_digits(p, high)) return false;
  std::uint64_t low = 0;
  for (int i = 8; i < 13; ++i) {
    const auto digit = static_cast<unsigned>(p[i] - '0');
    if (digit > 9) return false;
    low = low * 10 + digit;
  }
  out = static_cast<std::int64_t>(high * 100000 + low);
  return true;
}

class CloudwatchParser final : public Parser {
 public:
  CloudwatchParser(const ScanKernels& kernels, ContextTable& contexts)
      : kernels_(kernels), contexts_(contexts) {}

  void open(const Envelope&) override {
    at_ = At::document;
    document_ = 1;
    problem_.reset();
  }

  std::size_t parse(const TextPiece& piece, Batch& batch) override {
    begin_ = piece.text.data();
    offset_ = piece.offset;
    JsonCursor cursor{begin_, begin_ + piece.text.size(), &kernels_};
    // The owner of the contexts may have forgotten them between two batches.
    if (at_ == At::events) renew_context(batch);
    Step step = Step::done;
    settled_ = cursor.p;
    while (step == Step::done && batch.events.size() < limits::batch_events_max) {
      step = advance(cursor, batch);
      if (step == Step::done) settled_ = cursor.p;
      if (step == Step::bad || (step == Step::incomplete && is_stuck(piece))) {
        complain(step, piece);
        if (at_ == At::document) ++settled_;  // the next one does not begin where this one did
        cursor.p = settled_;
        at_ = At::resync;
        step = Step::done;
      }
    }
    if (step == Step::incomplete && piece.at_end) settled_ = cursor.end;
    return static_cast<std::size_t>(settled_ - begin_);
  }

 private:
  enum class At : std::uint8_t { document, events, trailer, resync };

  struct Header {
    JsonSlice type, owner, group, stream;
    bool has_type = false, has_owner = false, has_group = false, has_stream = false;
    [[nodiscard]] bool complete() const { return has_type && has_owner && has_group && has_stream; }
  };

  Step advance(JsonCursor& cursor, Batch& batch) {
    switch (at_) {
      case At::document:
        return read_header(cursor, batch);
      case At::events:
        return read_events(cursor, batch);
      case At::trailer:
        return read_trailer(cursor);
      case At::resync:
        return find_next_document(cursor);
    }
    return Step::bad;
  }

  // From between two documents to behind the '[' of logEvents, or to behind a document without.
  Step read_header(JsonCursor& cursor, Batch& batch) {
    cursor.skip_space();
    settled_ = cursor.p;
    if (cursor.p == cursor.end) return Step::incomplete;
    if (*cursor.p != '{') return Step::bad;
    ++cursor.p;
    Header header;
    const char* events = nullptr;  // behind '[' of logEvents, when metadata is still missing there
    bool more = true;
    while (more) {
      JsonSlice key;
      if (const Step step = take_key(cursor, key); step != Step::done) return step;
      if (key.raw == "logEvents" && *cursor.p == '[' && events == nullptr) {
        if (header.complete()) {
          ++cursor.p;
          return begin_events(header, batch);
        }
        events = cursor.p + 1;
      }
      if (const Step step = take_header_value(cursor, key.raw, header); step != Step::done)
        return step;
      if (const Step step = take_member_end(cursor, more); step != Step::done) return step;
    }
    if (!header.has_type) return Step::bad;
    const Step step = begin_events(header, batch);
    if (events != nullptr) {
      cursor.p = events;
    } else {
      end_document();
    }
    return step;
  }

  static Step take_header_value(JsonCursor& cursor, std::string_view key, Header& header) {
    const auto take = [&](JsonSlice& slice, bool& has) {
      if (has || *cursor.p != '"') return skip(cursor);  // of a doubled key the first counts
      has = true;
      return take_string(cursor, slice);
    };
    if (key == "messageType") return take(header.type, header.has_type);
    if (key == "owner") return take(header.owner, header.has_owner);
    if (key == "logGroup") return take(header.group, header.has_group);
    if (key == "logStream") return take(header.stream, header.has_stream);
    return skip(cursor);
  }

  static Step skip(JsonCursor& cursor) { return skip_value(cursor, limits::document_depth_max); }

  Step begin_events(const Header& header, Batch& batch) {
    discard_ = header.type.raw != "DATA_MESSAGE";
    if (header.type.raw == "CONTROL_MESSAGE") {
      ++batch.control_messages;
    } else if (discard_) {
      note_problem(fmt::format("document {} is of an unknown messageType", document_));
    }
    owner_ = json_value_of(header.owner);
    group_ = json_value_of(header.group);
    stream_ = json_value_of(header.stream);
    renew_context(batch);
    at_ = At::events;
    comma_due_ = false;
    return Step::done;
  }

  void renew_context(Batch& batch) {
    if (discard_) return;
    context_ = context_index(batch, contexts_.of_document(owner_, group_, stream_));
  }

  // Events, as many as there are; stops behind the last complete one.
  Step read_events(JsonCursor& cursor, Batch& batch) {
    while (!comma_due_ && batch.events.size() < limits::batch_events_max &&
           take_event_as_aws_writes_it(cursor, batch)) {
      comma_due_ = cursor.end - cursor.p < 2 || *cursor.p != ',' || cursor.p[1] != '{';
      if (!comma_due_) ++cursor.p;
    }
    settled_ = cursor.p;
    if (batch.events.size() >= limits::batch_events_max) return Step::done;
    cursor.skip_space();
    if (cursor.p == cursor.end) return Step::incomplete;
    if (*cursor.p == ']') {
      ++cursor.p;
      at_ = At::trailer;
      return Step::done;
    }
    if (comma_due_) {
      if (*cursor.p != ',') return Step::bad;
      settled_ = ++cursor.p;
      comma_due_ = false;
      cursor.skip_space();
      if (cursor.p == cursor.end) return Step::incomplete;
    }
    const Step step = take_event_of_any_form(cursor, batch);
    comma_due_ = step == Step::done;
    return step;
  }

  bool take_event_as_aws_writes_it(JsonCursor& cursor, Batch& batch) const {
    constexpr std::ptrdiff_t fixed_bytes = 7 + 56 + 14 + 13 + 12 + 2;
    const char* p = cursor.p;
    if (discard_ || cursor.end - p < fixed_bytes || !starts_with(p, event_begin)) return false;
    const char* id = p + event_begin.size();
    const char* timestamp = id + id_digits + before_timestamp.size();
    if (!starts_with(id + id_digits, before_timestamp) || !is_id(id)) return false;
    if (!starts_with(timestamp + timestamp_digits, before_message)) return false;
    Event event;
    if (!thirteen_digits(timestamp, event.time_ms)) return false;
    const char* message = timestamp + timestamp_digits + before_message.size();
    const ScanResult scan = kernels_.json_string(message, cursor.end);
    if (scan.size == ScanResult::npos) return false;
    const char* behind = message + scan.size + 1;
    if (behind == cursor.end || *behind != '}') return false;
    event.raw_begin = static_cast<std::uint32_t>(message - begin_);
    event.raw_size = static_cast<std::uint32_t>(scan.size);
    event.id_begin = static_cast<std::uint32_t>(id - begin_);
    event.id_size = id_digits;
    event.context = context_;
    event.flags = string_flags(scan.seen);
    batch.events.push_back(event);
    cursor.p = behind + 1;
    return true;
  }

  static std::uint8_t string_flags(std::uint8_t seen) noexcept {
    std::uint8_t flags = EventFlags::json_string;
    if ((seen & Seen::backslash) != 0) flags |= EventFlags::backslash;
    if ((seen & Seen::non_ascii) != 0) flags |= EventFlags::non_ascii;
    // JSON forbids raw control characters in strings: such a message is written anew.
    if ((seen & Seen::control) != 0) flags |= EventFlags::special | EventFlags::from_message;
    return flags;
  }

  Step take_event_of_any_form(JsonCursor& cursor, Batch& batch) {
    const char* begin = cursor.p;
    Event event;
    event.flags = EventFlags::no_time;
    bool has_message = false;
    const Step step = *begin == '{' ? take_event_members(cursor, event, has_message) : skip(cursor);
    if (step != Step::done || discard_) return step;
    if (!has_message) set_bad_event(event, begin, cursor.p);
    if (event.has(EventFlags::no_time)) ++batch.events_without_time;
    event.context = context_;
    batch.events.push_back(event);
    return Step::done;
  }

  // A value of an event: what is between the quotes of a string, or all of anything else.
  struct Value {
    JsonSlice slice;
    bool is_string = false;
  };

  Step take_event_members(JsonCursor& cursor, Event& event, bool& has_message) const {
    ++cursor.p;
    cursor.skip_space();
    if (cursor.p == cursor.end) return Step::incomplete;
    bool more = *cursor.p != '}';
    if (!more) ++cursor.p;
    while (more) {
      JsonSlice key;
      if (const Step step = take_key(cursor, key); step != Step::done) return step;
      // The document was cut here, and another one follows.
      if (key.raw == "logEvents") return Step::bad;
      Value value;
      if (const Step step = take_value(cursor, value); step != Step::done) return step;
      if (key.raw == "id" && event.id_size == 0) {
        set_id(event, value);
      } else if (key.raw == "timestamp" && event.has(EventFlags::no_time)) {
        set_time(event, value.slice.raw);
      } else if (key.raw == "message" && !has_message) {
        has_message = set_message(event, value);
      }
      if (const Step step = take_member_end(cursor, more); step != Step::done) return step;
    }
    return Step::done;
  }

  static Step take_value(JsonCursor& cursor, Value& value) {
    value.is_string = *cursor.p == '"';
    if (value.is_string) return take_string(cursor, value.slice);
    const char* begin = cursor.p;
    const Step step = skip(cursor);
    value.slice.raw = std::string_view(begin, static_cast<std::size_t>(cursor.p - begin));
    return step;
  }

  void set_id(Event& event, const Value& value) const {
    const std::string_view id = value.slice.raw;
    const bool is_number = !value.is_string && (id.front() == '-' || is_digit(id.front()));
    if (!value.is_string && !is_number) return;
    event.id_begin = static_cast<std::uint32_t>(id.data() - begin_);
    event.id_size = static_cast<std::uint32_t>(id.size());
  }

  static void set_time(Event& event, std::string_view written) {
    if (!parse_integer(written, event.time_ms) || event.time_ms < 0) {
      event.time_ms = 0;
      return;
    }
    event.flags &= static_cast<std::uint8_t>(~EventFlags::no_time);
  }

  // A message that is no string is taken as the text of its JSON. False when there is none.
  bool set_message(Event& event, const Value& value) const {
    const std::string_view text = value.slice.raw;
    if (!value.is_string && text == "null") return false;
    event.raw_begin = static_cast<std::uint32_t>(text.data() - begin_);
    event.raw_size = static_cast<std::uint32_t>(text.size());
    event.flags |= value.is_string ? string_flags(value.slice.seen) : any_bytes;
    return true;
  }

  void set_bad_event(Event& event, const char* begin, const char* end) const {
    event.fate = Fate::dead_letter;
    event.fault = Fault::bad_event;
    event.raw_begin = static_cast<std::uint32_t>(begin - begin_);
    event.raw_size = static_cast<std::uint32_t>(end - begin);
    event.flags &= static_cast<std::uint8_t>(~(EventFlags::json_string | EventFlags::from_message));
    event.flags |= any_bytes;
  }

  Step read_trailer(JsonCursor& cursor) {
    bool more = true;
    while (true) {
      if (const Step step = take_member_end(cursor, more); step != Step::done) return step;
      if (!more) break;
      JsonSlice key;
      if (const Step step = take_key(cursor, key); step != Step::done) return step;
      if (const Step step = skip(cursor); step != Step::done) return step;
    }
    end_document();
    return Step::done;
  }

  void end_document() {
    at_ = At::document;
    ++document_;
  }

  // After damage: to the next place where a document can begin, which is a brace before its first
  // key or at the beginning of a line. Neither can stand inside a valid JSON string, where quotes
  // and newlines are escaped.
  Step find_next_document(JsonCursor& cursor) {
    const std::string_view rest(cursor.p, static_cast<std::size_t>(cursor.end - cursor.p));
    std::size_t found = rest.find('{');
    while (found != rest.npos && !rest.substr(found).starts_with(document_mark) &&
           (found == 0 || rest[found - 1] != '\n')) {
      found = rest.find('{', found + 1);
    }
    if (found == rest.npos) {
      // A mark may be cut in two by the window's end.
      if (rest.size() <= document_mark.size()) return Step::incomplete;
      cursor.p = cursor.end - document_mark.size();
      return Step::done;
    }
    cursor.p += found;
    end_document();
    return Step::done;
  }

  // Whether what is incomplete will stay so.
  [[nodiscard]] bool is_stuck(const TextPiece& piece) const {
    if (at_ == At::resync) return false;
    const bool between_documents = at_ == At::document && settled_ == begin_ + piece.text.size();
    return (piece.at_end && !between_documents) || (piece.full && settled_ == begin_);
  }

  void complain(Step step, const TextPiece& piece) {
    const bool cut_off = step == Step::incomplete && piece.at_end;
    const char* what = step == Step::bad ? "is not valid JSON"
                       : cut_off         ? "is cut off"
                                         : "holds a record that is too large";
    const char* at = cut_off ? begin_ + piece.text.size() : settled_;
    note_problem(fmt::format("document {} {} (text byte {})", document_, what,
                             offset_ + static_cast<std::uint64_t>(at - begin_)));
  }

  const ScanKernels& kernels_;
  ContextTable& contexts_;
  At at_ = At::document;
  std::uint64_t document_ = 1;
  bool discard_ = false;    // the events of this document are not to be sent
  bool comma_due_ = false;  // an event was read, and no comma behind it
  std::string owner_, group_, stream_;
  std::uint32_t context_ = 0;
  const char* begin_ = nullptr;    // of the current piece
  const char* settled_ = nullptr;  // up to here everything is parsed for good
  std::uint64_t offset_ = 0;       // of the current piece in the object's text
};

}  // namespace

std::unique_ptr<Parser> make_cloudwatch_parser(const ScanKernels& kernels, ContextTable& contexts) {
  return std::make_unique<CloudwatchParser>(kernels, contexts);
}

}  // namespace hecate
