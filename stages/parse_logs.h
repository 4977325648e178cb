// parse_logs: the source of the pipeline: an object's bytes become batches of events.
//
// Decompresses, tells the format by the content, and lets that format's parser fill batches, a
// window of text at a time. Numbers the records of the object: an event's ordinal names it in dead
// letters and, where CloudWatch gave none, makes its id. Records that an earlier run has settled
// are parsed (gzip cannot be entered in the middle) but marked as resumed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "pipeline/batch.h"
#include "pipeline/io.h"
#include "pipeline/pipeline.h"
#include "stages/decompress.h"
#include "stages/parser.h"
#include "stages/text_window.h"

namespace hecate {

class ParseLogs {
 public:
  static constexpr const char* name = "parse_logs";
  static constexpr Phase to = Phase::parsed;

  struct Options {
    Format format = Format::automatic;
    std::uint64_t event_bytes_max = 1'000'000;
    int compression_layers_max = limits::compression_layers_max;
    const ScanKernels* kernels = nullptr;  ///< null: the best for this CPU
  };
  explicit ParseLogs(Options options);

  /// Starts on an object. Both arguments outlive the reading of it. The first `resume_from` records
  /// count as delivered. Fails when not even the beginning can be read.
  Status open(const Envelope& envelope, ByteReader& object, std::uint64_t resume_from);

  /// The next batch; it has events, or counted a control message. False at the end. Damage is told
  /// last, once everything readable was handed out: Errc::bad_object (compression, no log),
  /// bad_document, or what the object's reader said.
  Result<bool> next(Batch& batch);

  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return decompress_->bytes_in(); }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return window_->bytes_read(); }
  [[nodiscard]] Format format() const noexcept { return format_; }

 private:
  Result<bool> choose_parser();
  void skip_byte_order_mark();
  Parser& parser_for(Format format);
  Result<bool> end_of_object();
  void mark_resumed(Batch& batch) const;

  Options options_;
  // Behind pointers because stages move into the pipeline and their parts refer to one another.
  std::unique_ptr<Decompress> decompress_;
  std::unique_ptr<TextWindow> window_;
  std::unique_ptr<ContextTable> contexts_;
  std::array<std::unique_ptr<Parser>, 6> parsers_;
  Parser* parser_ = nullptr;
  const Envelope* envelope_ = nullptr;
  Format format_ = Format::automatic;
  std::uint64_t resume_from_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t text_offset_ = 0;
};
static_assert(Source<ParseLogs>);

}  // namespace hecate
