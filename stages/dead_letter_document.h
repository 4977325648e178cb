// dead_letter_document: reads a dead letter, whoever wrote it.
//
//   hecate     {"reason":...,"origin":{...},"event":{...}}             (dead_letter_record.h)
//   Firehose   {"attemptsMade":...,"errorCode":...,"rawData":"<base64>"}      (error-prefix
//   objects) Lambda     {"requestContext":{...},"requestPayload":{"awslogs":{"data":"<base64>"}}},
//   the same
//              inside EventBridge's "detail", or the bare {"awslogs":{...}}   (failed invocations)
//
// The content tells which. Says where the parts are; decodes and sends nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/result.h"
#include "stages/dead_letter_record.h"
#include "stages/simd/scan.h"

namespace hecate {

enum class DeadLetterKind : std::uint8_t { own, firehose, lambda };

struct DeadLetterDocument {
  DeadLetterKind kind = DeadLetterKind::own;
  DeadLetterRecord record;  ///< of hecate's own: all but its event
  std::string_view event;   ///< of hecate's own: as stored; empty for a whole object
  std::string_view data;    ///< of the others: base64
  std::string unescaped;    ///< of the others: base64 that was written with escapes; else empty
  std::optional<std::int64_t> arrival_ms;  ///< of Firehose: when the record came in

  [[nodiscard]] std::string_view base64() const noexcept {
    return unescaped.empty() ? data : std::string_view(unescaped);
  }
};

/// Keeps its memory between documents; not thread-safe.
class DeadLetterReader {
 public:
  explicit DeadLetterReader(const ScanKernels& kernels) : kernels_(kernels) {}
  /// `document` is a JSON object, padded (buffer.h). Errc::bad_document when it is no dead letter;
  /// the message says what it is instead, and never quotes it.
  Result<DeadLetterDocument> read(std::string_view document);

 private:
  Result<DeadLetterDocument> read_own(std::string_view document, std::string_view event);

  const ScanKernels& kernels_;
  DeadLetterParser parser_;
  std::string rest_;
};

/// Whether a JSON object, padded, is an event as HEC takes it: nothing but known keys, and an
/// event.
bool is_hec_event(std::string_view document, const ScanKernels& kernels);

}  // namespace hecate
