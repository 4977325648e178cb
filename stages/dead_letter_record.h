// dead_letter_record: a dead letter as one line of JSON, and back.
//
//   {"reason":"too_large","detail":"…","attempts":1,"origin":{"uri":"/a.gz","etag":"12-34",
//    "record":7},"time":1440442987.001,"event":{…}}                     (one line, "\n" behind)
//
// What is not known is left out (hec_code, http_status, etag, record, event). The event is embedded
// byte for byte, so that a replay sends what was to be sent. Writes and reads no file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/dead_letter.h"
#include "pipeline/result.h"

namespace hecate {

/// The name of a reason in a record ("too_large").
std::string_view dead_letter_reason_name(DeadLetterReason reason) noexcept;

/// Appends the record and its newline to `out`.
void append_dead_letter(std::string& out, const DeadLetter& letter);

/// A dead letter that owns its text.
struct DeadLetterRecord {
  DeadLetterReason reason = DeadLetterReason::bad_object;
  std::string detail;
  std::optional<int> hec_code;
  std::optional<int> http_status;
  int attempts = 0;
  std::string uri;
  std::string etag;
  std::optional<std::uint64_t> record;
  std::int64_t time_ms = 0;
  std::string event;  ///< the JSON object as written; empty for a whole object
};

/// Reads records. Keeps its memory between lines; not thread-safe.
class DeadLetterParser {
 public:
  DeadLetterParser();
  ~DeadLetterParser();
  DeadLetterParser(DeadLetterParser&&) noexcept;
  DeadLetterParser& operator=(DeadLetterParser&&) noexcept;

  /// One line, with or without its newline. Unknown keys are passed over. Errc::corrupt_state for
  /// a line that is no dead letter, or half of one; the message never quotes it.
  Result<DeadLetterRecord> parse(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hecate
