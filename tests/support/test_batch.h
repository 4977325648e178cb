// test_batch: a batch built by hand, for tests of single stages.
//
// It owns what a batch only refers to: the text, the contexts, the metadata and the envelope. Flags
// are found by a plain look at the bytes, as a parser would set them. Not for tests of parsers.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/batch.h"

namespace hecate {

class TestBatch {
 public:
  explicit TestBatch(Format format = Format::cloudwatch) {
    envelope_.uri = "s3://bucket/object";
    envelope_.identity = "etag";
    envelope_.folder = "folder";
    batch_.envelope = &envelope_;
    batch_.format = format;
    text_.reserve(1024);
  }

  Batch& operator*() noexcept { return batch_; }
  Batch* operator->() noexcept { return &batch_; }
  Envelope& envelope() noexcept { return envelope_; }

  /// Events added from now on belong to this context.
  Context& begin_context(std::string owner, std::string group, std::string stream) {
    Context& context = contexts_.emplace_back();
    context.owner = std::move(owner);
    context.log_group = std::move(group);
    context.log_stream = std::move(stream);
    context.serial = contexts_.size();
    batch_.contexts.push_back(&context);
    return context;
  }
  /// Events added from now on are sent with this metadata.
  Metadata& begin_metadata() {
    Metadata& metadata = metadata_.emplace_back();
    metadata.serial = metadata_.size();
    batch_.metadata.push_back(&metadata);
    return metadata;
  }

  /// An event whose message came as the inside of a JSON string. All references end with the next.
  Event& add_json(std::string_view raw, std::string_view id = {}) {
    Event& event = add(raw, EventFlags::json_string);
    event.id_begin = append(id);
    event.id_size = static_cast<std::uint32_t>(id.size());
    if (find_control(raw)) event.flags |= EventFlags::special | EventFlags::from_message;
    return event;
  }
  /// An event whose message was never JSON.
  Event& add_plain(std::string_view raw) {
    Event& event = add(raw, 0);
    if (find_control(raw) || raw.find('"') != raw.npos) event.flags |= EventFlags::special;
    return event;
  }
  /// An event that is a JSON value.
  Event& add_value(std::string_view raw) {
    Event& event = add(raw, EventFlags::json_value);
    if (find_control(raw)) event.flags |= EventFlags::special;
    return event;
  }
  /// An event that was unescaped already: only its message is there.
  Event& add_message(std::string_view message) {
    Event& event = add({}, EventFlags::from_message);
    event.text_begin = static_cast<std::uint32_t>(batch_.messages.size());
    event.text_size = static_cast<std::uint32_t>(message.size());
    batch_.messages.append(message);
    batch_.messages.append('\n');
    return event;
  }

 private:
  static bool find_control(std::string_view raw) {
    for (const char c : raw) {
      if (static_cast<unsigned char>(c) < 0x20) return true;
    }
    return false;
  }
  std::uint32_t append(std::string_view bytes) {
    const auto at = static_cast<std::uint32_t>(text_.size());
    text_.append(bytes);
    batch_.text = text_.view();
    return at;
  }
  Event& add(std::string_view raw, std::uint8_t flags) {
    if (batch_.contexts.empty()) begin_context("1", "group", "stream");
    Event& event = batch_.events.emplace_back();
    event.raw_begin = append(raw);
    event.raw_size = static_cast<std::uint32_t>(raw.size());
    event.context = static_cast<std::uint32_t>(batch_.contexts.size() - 1);
    if (!batch_.metadata.empty())
      event.metadata = static_cast<std::uint32_t>(batch_.metadata.size() - 1);
    event.flags = flags;
    for (const char c : raw) {
      if (c == '\\') event.flags |= EventFlags::backslash;
      if (static_cast<unsigned char>(c) >= 0x80) event.flags |= EventFlags::non_ascii;
    }
    return event;
  }

  Envelope envelope_;
  std::deque<Context> contexts_;
  std::deque<Metadata> metadata_;
  Buffer text_;
  Batch batch_;
};

}  // namespace hecate
