// envelope_reader: walks the body of an /event request, one envelope at a time.
//
// A body is a sequence of JSON objects with or without white space between, or one top-level array
// of them. splunkd reads it as a stream: whatever comes before the first bad envelope is taken,
// and whatever comes after is never looked at, be it JSON or not. So the reader finds the end of
// one object with a cheap scan, has simdjson check just that object, and only then goes on. Both
// passes are linear, and no map or copy is made per event.
//
//   {"time":1.5,"event":"a"}{"event":"b"}  ->  good, good, end
//   {"event":"a"}{"event":""}{{{           ->  good, bad (13), and nothing more
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "receive/padded_bytes.h"

namespace hecate::receive {

struct EnvelopeRules {
  size_t event_bytes_max = 5 * 1024 * 1024;  ///< of the whole envelope; a longer one is code 6
  std::span<const std::string> indexes;      ///< allowed `index` values; empty: any
};

class EnvelopeReader {
 public:
  enum class Verdict {
    good,     ///< take it
    end,      ///< the body is over
    bad,      ///< refuse with `code`; read no further
    stopped,  ///< an unknown top-level key: splunkd drops it and the rest, and answers success
  };
  struct Step {
    Verdict verdict = Verdict::end;
    int code = 0;
    std::string_view envelope;  ///< exactly as received; set for good
    std::string_view event_id;  ///< fields.event_id when it is a string; valid until the next step
  };

  EnvelopeReader();
  ~EnvelopeReader();
  EnvelopeReader(EnvelopeReader&&) noexcept;
  EnvelopeReader& operator=(EnvelopeReader&&) noexcept;

  /// Begins anew. `body` and what `rules` points to must outlive the steps.
  void start(const PaddedBytes& body, const EnvelopeRules& rules) noexcept;

  Step next();

  /// Gives back memory that one very large envelope made the parser take.
  void recycle();

 private:
  struct Parser;

  /// Where in the body the reader stands, which decides what may follow.
  enum class Place { begin, between, array_begin, array_comma, array_between };

  bool comes(char c) noexcept;
  bool find_envelope(int& code) noexcept;
  Step step_over(const char* end);

  std::unique_ptr<Parser> parser_;
  EnvelopeRules rules_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  Place place_ = Place::begin;
};

}  // namespace hecate::receive
