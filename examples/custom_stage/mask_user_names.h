// mask_user_names: replaces the names in "user=alice" by asterisks, before anybody else sees them.
//
// A stage is a plain class with four things: a name, the phase it needs, the phase it leaves
// behind, and process(). This one needs messages as they were logged (Phase::unescaped) and leaves
// them so: it fits between Unescape and Classify, and anywhere else the pipeline does not compile.
// It keeps the length of a message, so nothing has to move; it does not look into JSON values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pipeline/batch.h"
#include "pipeline/pipeline.h"

class MaskUserNames {
 public:
  static constexpr const char* name = "mask_user_names";
  static constexpr hecate::Phase from = hecate::Phase::unescaped;
  static constexpr hecate::Phase to = hecate::Phase::unescaped;

  hecate::Status process(hecate::Batch& batch) {
    for (hecate::Event& event : batch.events) {
      if (event.fate != hecate::Fate::keep || event.has(hecate::EventFlags::json_value)) continue;
      char* message = batch.messages.data() + event.text_begin;
      if (mask({message, event.text_size}, message)) {
        // The encoder would copy the slice of the input otherwise, which still has the name.
        event.flags |= hecate::EventFlags::from_message;
        ++events_masked_;
      }
    }
    return {};
  }

  [[nodiscard]] std::uint64_t events_masked() const noexcept { return events_masked_; }

 private:
  static constexpr std::string_view label = "user=";

  static bool mask(std::string_view message, char* out) {
    bool found = false;
    for (std::size_t at = message.find(label); at != message.npos; at = message.find(label, at)) {
      at += label.size();
      const std::size_t end = std::min(message.find_first_of(" ,;\t\n", at), message.size());
      std::fill(out + at, out + end, '*');
      found = true;
    }
    return found;
  }

  std::uint64_t events_masked_ = 0;
};
static_assert(hecate::Stage<MaskUserNames>);
