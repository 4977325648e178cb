// json_documents: cuts text into the JSON objects in it, and gets over what is broken.
//
// Objects may stand a line each, over several lines, or back to back. Damage costs only itself:
// what follows is found again at the next line that begins with '{'. Such a line also ends an
// object that was not complete, so half a line never swallows the one behind it. Every byte is
// looked at once. Delimits by brackets and quotes; whether an object is sound JSON is for its
// reader to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/io.h"
#include "stages/text_window.h"

namespace hecate {

struct JsonDocument {
  std::string_view text;     ///< from '{' to '}', padded; valid until the next call
  std::string_view problem;  ///< why there is none, for people; empty: it is sound so far
  std::uint64_t line = 1;    ///< on which it begins, counted from 1
  std::uint64_t number = 1;  ///< in the object, the broken ones included, counted from 1
};

class JsonDocuments {
 public:
  /// Starts on a text, which outlives the reading of it.
  void open(ByteReader& text);
  /// The next object, or broken piece; nothing at the end.
  std::optional<JsonDocument> next();
  /// Why the text could not be read to its end; nothing when it could.
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return window_.failure(); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return window_.bytes_read(); }
  /// Objects and broken pieces so far.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  struct Scan {
    std::size_t size = 0;  // bytes that were looked at, and are used up
    std::string_view problem;
  };
  Scan scan();
  void use(std::size_t bytes);
  void find_next_line();
  bool skip_space();

  TextWindow window_;
  std::size_t used_by_last_ = 0;  // of the window's text, by what next() gave last
  bool lost_ = false;             // in a broken piece: the next line has to be found
  std::uint64_t line_ = 1;        // of the window's first byte
  std::uint64_t count_ = 0;
};

}  // namespace hecate
