// parser: what the parsers of the five formats have in common.
//
// A parser turns the text of one object into events, window by window. It appends only complete
// records to the batch, says how much text it has used, and remembers the first problem it met: the
// object is then dead-lettered with that sentence, after everything readable was handed on.
// One virtual call per window; nothing virtual per event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pipeline/batch.h"
#include "pipeline/limits.h"
#include "stages/simd/scan.h"

namespace hecate {

/// Text as a parser sees it.
struct TextPiece {
  std::string_view text;     ///< not yet used; padded
  std::uint64_t offset = 0;  ///< of text.front() in the object's text
  bool at_end = false;       ///< nothing follows
  bool full = false;  ///< as much as there will be at once: a record that does not fit is cut
};

class Parser {
 public:
  virtual ~Parser() = default;
  /// Starts on another object.
  virtual void open(const Envelope& envelope) = 0;
  /// Appends complete records to `batch` (at most limits::batch_events_max in all) and returns how
  /// many bytes of the text are used up. Offsets in events count from text.front(). When it used
  /// nothing and appended nothing, it needs more text. At the end it uses everything.
  virtual std::size_t parse(const TextPiece& piece, Batch& batch) = 0;
  /// The first problem of this object, for people; nothing when it was sound.
  [[nodiscard]] const std::optional<std::string>& problem() const noexcept { return problem_; }

 protected:
  void note_problem(std::string sentence) {
    if (!problem_) problem_ = std::move(sentence);
  }
  std::optional<std::string> problem_;
};

/// The contexts met by one worker, each once. Bounded: when full it starts anew, which only costs
/// the stages what they had derived (they key it by Context::serial).
class ContextTable {
 public:
  /// What a CloudWatch document says of itself.
  const Context* of_document(std::string owner, std::string log_group, std::string log_stream);
  /// For text that says nothing of itself: the object is all that is known.
  const Context* of_object(const Envelope& envelope, std::string log_stream);
  /// Forgets everything when the table is full. Only while no batch uses it: pointers end here.
  void trim() {
    if (contexts_.size() >= limits::contexts_max) contexts_.clear();
  }

 private:
  const Context* find_or_add(Context context);
  std::unordered_map<std::string, std::unique_ptr<Context>> contexts_;
  std::string key_;  // scratch
  std::uint64_t serial_ = 0;
};

/// Index of `context` in batch.contexts, appended when it is not the last one already.
std::uint32_t context_index(Batch& batch, const Context* context);

/// The event flags that a scan's findings amount to, for text that is no JSON string.
std::uint8_t plain_text_flags(std::uint8_t seen) noexcept;

std::unique_ptr<Parser> make_cloudwatch_parser(const ScanKernels& kernels, ContextTable& contexts);
std::unique_ptr<Parser> make_export_parser(const ScanKernels& kernels, ContextTable& contexts,
                                           std::uint64_t event_bytes_max);
std::unique_ptr<Parser> make_cloudtrail_parser(const ScanKernels& kernels, ContextTable& contexts);
std::unique_ptr<Parser> make_json_lines_parser(const ScanKernels& kernels, ContextTable& contexts,
                                               std::uint64_t event_bytes_max);
std::unique_ptr<Parser> make_text_parser(const ScanKernels& kernels, ContextTable& contexts,
                                         std::uint64_t event_bytes_max);

}  // namespace hecate
