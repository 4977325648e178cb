#include "stages/encode_hec.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <simdjson.h>

#include "pipeline/check.h"
#include "pipeline/json_text.h"
#include "pipeline/limits.h"
#include "stages/escape.h"
#include "stages/event_id.h"

namespace hecate {
namespace {

// Room for everything of an event but its template's strings and its text.
constexpr std::size_t fixed_bytes_max = 256;
constexpr std::string_view truncated_field = "\"truncated\":\"true\"";

char* put(char* out, std::string_view bytes) noexcept {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

// `"time":<seconds.millis>,`, by integers alone: no double can be off by one.
char* write_time(std::int64_t time_ms, char* out) noexcept {
  out = put(out, "\"time\":");
  const auto seconds = static_cast<std::uint64_t>(time_ms) / 1000;
  const auto millis = static_cast<unsigned>(static_cast<std::uint64_t>(time_ms) % 1000);
  out = std::to_chars(out, out + 20, seconds).ptr;
  *out++ = '.';
  *out++ = static_cast<char>('0' + millis / 100);
  *out++ = static_cast<char>('0' + millis / 10 % 10);
  *out++ = static_cast<char>('0' + millis % 10);
  *out++ = ',';
  return out;
}

void add_member(std::string& out, std::string_view key, const std::string& value) {
  if (value.empty()) return;
  append_json_string(out, key);
  out += ':';
  append_json_string(out, value);
  out += ',';
}

// Whether the text to be sent must be escaped first: it was never inside JSON, or was repaired.
bool needs_escaping(const Event& event) noexcept {
  if (event.has(EventFlags::from_message)) return true;
  if (event.has(EventFlags::json_string)) return false;
  return event.has(EventFlags::special) || event.has(EventFlags::backslash);
}

std::string_view text_of(const Batch& batch, const Event& event) noexcept {
  return event.has(EventFlags::from_message) ? batch.message(event) : batch.raw(event);
}

bool is_plain_id(std::string_view id) noexcept {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return false;
    if (!dash && std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos)
      return false;
  }
  return true;
}

}  // namespace

std::string_view lambda_request_id(std::string_view message) noexcept {
  constexpr std::string_view label = "RequestId: ";
  const std::string_view line = message.substr(0, std::min(message.find('\n'), std::size_t{512}));
  if (const std::size_t at = line.find(label); at != line.npos) {
    const std::string_view id = line.substr(at + label.size(), 36);
    if (is_uuid(id)) return id;
  }
  if (const std::size_t tab = line.find('\t'); tab != line.npos) {
    const std::string_view id = line.substr(tab + 1, 36);
    if (is_uuid(id)) return id;
  }
  return {};
}

// Tells whether a message is a JSON object, and so may be sent as one.
class EncodeHec::JsonCheck {
 public:
  bool is_object(std::string_view message) {
    const std::size_t first = message.find_first_not_of(" \t\r\n");
    if (first == message.npos || message[first] != '{') return false;
    simdjson::dom::element element;
    // Messages lie in a Buffer, padded well enough for simdjson.
    if (parser_.parse(message.data(), message.size(), false).get(element) != simdjson::SUCCESS)
      return false;
    return element.is_object();
  }

 private:
  simdjson::dom::parser parser_;
};

EncodeHec::EncodeHec(Options options) : options_(options), json_(std::make_unique<JsonCheck>()) {
}
EncodeHec::~EncodeHec() = default;
EncodeHec::EncodeHec(EncodeHec&&) noexcept = default;
EncodeHec& EncodeHec::operator=(EncodeHec&&) noexcept = default;

Status EncodeHec::process(Batch& batch) {
  if (templates_.size() > limits::contexts_max * 4) templates_.clear();
  of_batch_.clear();
  for (const Metadata* metadata : batch.metadata) of_batch_.push_back(&template_of(*metadata));
  batch.encoded_ends.resize(batch.events.size());
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    if (event.fate == Fate::keep || event.fate == Fate::dead_letter) {
      const Template& shape = *of_batch_[event.metadata];
      const std::size_t text_size = text_of(batch, event).size();
      const bool grows = needs_escaping(event) || options_.shape != EventShape::text;
      batch.encoded.reserve_more(
          shape.head.size() + shape.tail.size() + fixed_bytes_max +
          (grows ? escaped_bytes_max(std::max<std::size_t>(text_size, event.text_size))
                 : text_size));
      char* end = write_event(batch, i, shape, batch.encoded.end());
      batch.encoded.set_size(static_cast<std::size_t>(end - batch.encoded.data()));
    }
    batch.encoded_ends[i] = static_cast<std::uint32_t>(batch.encoded.size());
  }
  return {};
}

const EncodeHec::Template& EncodeHec::template_of(const Metadata& metadata) {
  const auto [slot, is_new] = templates_.try_emplace(metadata.serial);
  if (is_new) slot->second = make_template(metadata);
  return slot->second;
}

EncodeHec::Template EncodeHec::make_template(const Metadata& metadata) const {
  Template shape;
  std::string& head = shape.head;
  add_member(head, "host", metadata.host);
  add_member(head, "source", metadata.source);
  add_member(head, "sourcetype", metadata.sourcetype);
  add_member(head, "index", metadata.index);
  head += "\"event\":";
  if (options_.shape == EventShape::envelope) {
    head += '{';
    add_member(head, "environment", metadata.environment);
    add_member(head, "application", metadata.application);
    add_member(head, "application_component", metadata.application_component);
    add_member(head, "log_group", metadata.log_group);
    head += "\"awsRequestId\":\"";
  }
  std::string& tail = shape.tail;
  const bool has_id = options_.event_id != EventIdShape::none;
  for (const auto& [key, value] : metadata.fields) {
    if (key != "event_id" || !has_id) add_member(tail, key, value);
  }
  if (has_id) {
    tail = ",\"fields\":{" + tail + "\"event_id\":\"";
  } else if (!tail.empty()) {
    tail.pop_back();
    tail = ",\"fields\":{" + tail + "}";
  }
  return shape;
}

char* EncodeHec::write_event(const Batch& batch, std::size_t i, const Template& shape, char* out) {
  const Event& event = batch.events[i];
  *out++ = '{';
  if (!event.has(EventFlags::no_time) && event.time_ms >= 0) out = write_time(event.time_ms, out);
  out = put(out, shape.head);
  if (options_.shape == EventShape::envelope) {
    const std::string_view request_id = lambda_request_id(batch.message(event));
    if (!request_id.empty()) out = put(out, request_id);
    out = put(out, "\",\"message\":");
    out = write_text(batch, event, out);
    *out++ = '}';
  } else {
    out = write_text(batch, event, out);
  }
  out = put(out, shape.tail);
  if (options_.event_id != EventIdShape::none) {
    out = write_id(batch, i, out);
    *out++ = '"';
    if (event.truncated) {
      *out++ = ',';
      out = put(out, truncated_field);
    }
    *out++ = '}';
  } else if (event.truncated) {
    if (shape.tail.empty()) {
      out = put(out, ",\"fields\":{");
    } else {
      out[-1] = ',';  // over the brace that closed the fields
    }
    out = put(out, truncated_field);
    *out++ = '}';
  }
  return put(out, "}\n");
}

char* EncodeHec::write_text(const Batch& batch, const Event& event, char* out) {
  const std::string_view text = text_of(batch, event);
  if (event.has(EventFlags::json_value)) return put(out, text);
  if (options_.shape == EventShape::json && json_->is_object(batch.message(event))) {
    // Control characters stand between tokens only, and an event is one line.
    const std::string_view object = batch.message(event);
    return std::transform(object.begin(), object.end(), out,
                          [](char c) { return static_cast<unsigned char>(c) < 0x20 ? ' ' : c; });
  }
  *out++ = '"';
  out = needs_escaping(event) ? escape_json(text, out) : put(out, text);
  *out++ = '"';
  return out;
}

char* EncodeHec::write_id(const Batch& batch, std::size_t i, char* out) {
  const Event& event = batch.events[i];
  if (options_.event_id == EventIdShape::short_id) {
    write_short_id(event.id_hash, out);
    return out + short_id_bytes;
  }
  const std::string_view id = batch.id(event);
  if (id.size() <= 64 && is_plain_id(id)) return put(out, id);
  if (object_hash_.empty() || object_uri_ != batch.envelope->uri ||
      object_identity_ != batch.envelope->identity) {
    object_uri_ = batch.envelope->uri;
    object_identity_ = batch.envelope->identity;
    object_hash_ = object_hash_hex(batch.envelope->uri, batch.envelope->identity);
  }
  out = put(out, object_hash_);
  *out++ = '-';
  return std::to_chars(out, out + 20, batch.first_record + i).ptr;
}

}  // namespace hecate
