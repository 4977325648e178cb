// parsed_object: everything that parsing an object yields, in a form that can be compared.
//
// Events point into text that moves on, so their bytes are copied while they are valid.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stages/parse_logs.h"
#include "tests/support/memory_reader.h"

namespace hecate {

struct ParsedEvent {
  std::string raw, id;
  std::int64_t time_ms = 0;
  std::string owner, log_group, log_stream, uri;
  std::uint8_t flags = 0;
  Fate fate = Fate::keep;
  Fault fault = Fault::none;
  bool truncated = false;
  std::uint64_t record = 0;  ///< ordinal in the object
  bool operator==(const ParsedEvent&) const = default;
};

inline void PrintTo(const ParsedEvent& e, std::ostream* out) {
  *out << "#" << e.record << " id=" << e.id << " time=" << e.time_ms << " " << e.log_group << "/"
       << e.log_stream << " flags=" << static_cast<int>(e.flags)
       << " fate=" << static_cast<int>(e.fate) << (e.truncated ? " cut " : " ") << e.raw.size()
       << ":" << e.raw.substr(0, 80);
}

struct ParsedObject {
  std::vector<ParsedEvent> events;
  std::vector<std::size_t> batch_sizes;
  std::uint64_t control_messages = 0;
  std::uint64_t events_without_time = 0;
  Format format = Format::automatic;
  std::optional<Error> error;  ///< what open() or the last next() failed with

  [[nodiscard]] std::vector<std::string> raws() const {
    std::vector<std::string> out;
    for (const ParsedEvent& event : events) out.push_back(event.raw);
    return out;
  }
  [[nodiscard]] std::string error_text() const { return error ? error->message : ""; }
};

struct ParseHow {
  Format format = Format::automatic;
  std::uint64_t event_bytes_max = 1'000'000;
  const ScanKernels* kernels = nullptr;
  std::uint64_t resume_from = 0;
  Envelope envelope{"s3://bucket/archive/part-0001", "etag-1", "archive", 1'700'000'000'123, 0};
};

inline void copy_events(const Batch& batch, ParsedObject& out) {
  EXPECT_LE(batch.events.size(), limits::batch_events_max);
  EXPECT_EQ(batch.first_record, out.events.size());
  for (const Event& event : batch.events) {
    const Context& context = *batch.contexts.at(event.context);
    out.events.push_back({std::string(batch.raw(event)), std::string(batch.id(event)),
                          event.time_ms, context.owner, context.log_group, context.log_stream,
                          context.uri, event.flags, event.fate, event.fault, event.truncated,
                          out.events.size()});
  }
  out.batch_sizes.push_back(batch.events.size());
  out.control_messages += batch.control_messages;
  out.events_without_time += batch.events_without_time;
}

/// Reads the next object with a parser that may have read others before.
inline ParsedObject parse_object(ParseLogs& source, ByteReader& object, const ParseHow& how) {
  ParsedObject out;
  if (Status opened = source.open(how.envelope, object, how.resume_from); !opened) {
    out.error = opened.error();
    return out;
  }
  Batch batch;
  while (true) {
    const Result<bool> more = source.next(batch);
    if (!more) out.error = more.error();
    if (!more || !*more) break;
    EXPECT_TRUE(!batch.events.empty() || batch.control_messages > 0);
    copy_events(batch, out);
  }
  EXPECT_EQ(source.records(), out.events.size());
  out.format = source.format();
  return out;
}

inline ParsedObject parse_bytes(std::string bytes, const ParseHow& how = {},
                                Pieces pieces = Pieces::whole()) {
  ParseLogs::Options options;
  options.format = how.format;
  options.event_bytes_max = how.event_bytes_max;
  options.kernels = how.kernels;
  ParseLogs source(options);
  MemoryReader object(std::move(bytes), std::move(pieces));
  return parse_object(source, object, how);
}

/// How the object is cut into reads must make no difference.
inline void expect_same(const ParsedObject& got, const ParsedObject& wanted) {
  EXPECT_EQ(got.events, wanted.events);
  EXPECT_EQ(got.control_messages, wanted.control_messages);
  EXPECT_EQ(got.events_without_time, wanted.events_without_time);
  EXPECT_EQ(got.format, wanted.format);
  ASSERT_EQ(got.error.has_value(), wanted.error.has_value())
      << got.error_text() << wanted.error_text();
  if (got.error) {
    EXPECT_EQ(got.error->code, wanted.error->code);
    EXPECT_EQ(got.error->message, wanted.error->message);
  }
}

}  // namespace hecate
