// text_window: the part of an object's text that is being parsed.
//
// Parsers see one contiguous, padded piece of text and say how much of it they have used up. The
// window then moves what is left (less than one record, normally) to the front and reads on behind
// it. It grows only for records larger than a chunk, and never past limits::record_bytes_max plus
// one chunk: a record that does not fit is the parser's to cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/buffer.h"
#include "pipeline/io.h"
#include "pipeline/limits.h"

namespace hecate {

class TextWindow {
 public:
  TextWindow() : buffer_(2 * limits::text_chunk_bytes) {}

  void open(ByteReader& text) {
    reader_ = &text;
    buffer_.clear();
    used_ = 0;
    bytes_read_ = 0;
    at_end_ = false;
    failure_.reset();
  }

  /// Text not yet used, padded behind its end by limits::padding_bytes.
  [[nodiscard]] std::string_view text() const noexcept {
    return buffer_.view(used_, buffer_.size() - used_);
  }
  /// Nothing comes behind text(): the object ended, or cannot be read on (see failure()).
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  /// Why the object could not be read to its end; nothing when it could.
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }
  [[nodiscard]] bool full() const noexcept {
    return buffer_.size() - used_ >= limits::record_bytes_max;
  }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

  /// The first `bytes` of text() are done with. The text stays where it is until read_more().
  void use(std::size_t bytes) noexcept {
    check(used_ + bytes <= buffer_.size(), "a parser uses no more text than there is");
    used_ += bytes;
  }

  /// Reads another chunk behind the text. Moves text(). No effect at the end or when full().
  void read_more() {
    if (at_end_ || full()) return;
    buffer_.drop_front(used_);
    used_ = 0;
    buffer_.reserve_more(limits::text_chunk_bytes);
    Result<std::size_t> got =
        reader_->read(std::span<char>(buffer_.end(), limits::text_chunk_bytes));
    if (!got) failure_ = std::move(got.error());
    const std::size_t size = got ? *got : 0;
    if (size == 0) at_end_ = true;
    buffer_.set_size(buffer_.size() + size);
    bytes_read_ += size;
  }

 private:
  ByteReader* reader_ = nullptr;
  Buffer buffer_;
  std::size_t used_ = 0;
  std::uint64_t bytes_read_ = 0;
  bool at_end_ = false;
  std::optional<Error> failure_;
};

}  // namespace hecate
