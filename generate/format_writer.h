// format_writer: what distinguishes the archive formats.
//
// The driver (generate.cc) decides how many objects there are and how many events each holds; a
// FormatWriter decides what an object is called and how an event stands in it. One writer serves
// all objects of its format, one after another. make_format_writer() is the list of formats.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "generate/generate.h"
#include "generate/message_feed.h"
#include "generate/object_file.h"
#include "generate/random.h"
#include "pipeline/result.h"

namespace hecate::generate {

/// What a reader must find for one event. Empty where the format does not carry it.
struct ExpectedEvent {
  std::string message;
  std::int64_t timestamp_ms = 0;
  std::string log_group;
  std::string log_stream;
  std::string id;
};

class FormatWriter {
 public:
  FormatWriter() = default;
  virtual ~FormatWriter() = default;
  FormatWriter(const FormatWriter&) = delete;
  FormatWriter& operator=(const FormatWriter&) = delete;

  /// Starts the next object and returns its path below the format's folder.
  virtual std::string begin_object(std::int64_t now_ms) = 0;

  /// Writes what stands before the first event.
  virtual void write_head(ObjectFile& /*object*/) {}

  /// Writes one event that happened at `now_ms` and tells what a reader must find.
  virtual Status write_event(ObjectFile& object, std::int64_t now_ms, ExpectedEvent& expected) = 0;

  /// Ends a document, where the format has any, so that a gzip member can end here.
  virtual void end_document(ObjectFile& /*object*/) {}

  /// Writes what stands after the last event.
  virtual void write_tail(ObjectFile& object) { end_document(object); }

  /// An object without events that the service leaves beside the others; empty if it leaves none.
  struct Probe {
    std::string path;
    std::string text;
  };
  [[nodiscard]] virtual Probe probe() const { return {}; }
};

/// What writers draw from; outlives them.
struct WriterContext {
  const GenerateOptions& options;
  Random& random;
  MessageFeed& feed;
};

std::unique_ptr<FormatWriter> make_cloudwatch_writer(const WriterContext& context);
std::unique_ptr<FormatWriter> make_export_writer(const WriterContext& context);
std::unique_ptr<FormatWriter> make_cloudtrail_writer(const WriterContext& context);
std::unique_ptr<FormatWriter> make_json_lines_writer(const WriterContext& context);
std::unique_ptr<FormatWriter> make_text_writer(const WriterContext& context);

/// The writer of a format; not for ArchiveFormat::all.
std::unique_ptr<FormatWriter> make_format_writer(ArchiveFormat format,
                                                 const WriterContext& context);

}  // namespace hecate::generate
