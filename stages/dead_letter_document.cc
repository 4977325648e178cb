#include "stages/dead_letter_document.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/limits.h"
#include "stages/json_scan.h"

namespace hecate {
namespace {

/// A record of hecate's own holds no more than this besides its event.
constexpr std::size_t own_rest_bytes_max = 256 * limits::kib;

/// Calls take(key, value) for each member of an object; both as written. False: it is broken.
template <typename Take>
bool each_member(std::string_view object, const ScanKernels& kernels, Take take) {
  JsonCursor cursor{object.data(), object.data() + object.size(), &kernels};
  if (object.empty() || *cursor.p != '{') return false;
  ++cursor.p;
  cursor.skip_space();
  if (cursor.p < cursor.end && *cursor.p == '}') return cursor.p + 1 == cursor.end;
  for (bool more = true; more;) {
    JsonSlice key;
    if (take_key(cursor, key) != Step::done) return false;
    const char* const begin = cursor.p;
    if (skip_value(cursor) != Step::done) return false;
    take(key.raw, std::string_view(begin, static_cast<std::size_t>(cursor.p - begin)));
    if (take_member_end(cursor, more) != Step::done) return false;
  }
  return cursor.p == cursor.end;
}

/// The members that tell the kinds apart; empty: not there.
struct Members {
  std::string_view reason, origin, event, message_type;
  std::string_view raw_data, arrival;
  std::string_view request_payload, awslogs, detail;
};

bool read_members(std::string_view object, const ScanKernels& kernels, Members& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view Members::*>, 9> known{{
      {"reason", &Members::reason},
      {"origin", &Members::origin},
      {"event", &Members::event},
      {"messageType", &Members::message_type},
      {"rawData", &Members::raw_data},
      {"arrivalTimestamp", &Members::arrival},
      {"requestPayload", &Members::request_payload},
      {"awslogs", &Members::awslogs},
      {"detail", &Members::detail},
  }};
  return each_member(object, kernels, [&](std::string_view key, std::string_view value) {
    const auto* const found =
        std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == key; });
    if (found != known.end()) out.*(found->second) = value;
  });
}

tl::unexpected<Error> broken(const char* sentence) {
  return fail(Errc::bad_document, sentence);
}

/// Takes the base64 out of a JSON string.
Result<DeadLetterDocument> wrapped(DeadLetterKind kind, std::string_view value,
                                   const ScanKernels& kernels) {
  JsonCursor cursor{value.data(), value.data() + value.size(), &kernels};
  JsonSlice text;
  if (take_string(cursor, text) != Step::done || text.raw.empty())
    return broken("it holds no data");
  DeadLetterDocument out;
  out.kind = kind;
  out.data = text.raw;
  if ((text.seen & Seen::backslash) != 0) out.unescaped = json_value_of(text);
  return out;
}

/// `payload` is what CloudWatch Logs invokes a function with.
Result<DeadLetterDocument> read_invocation(std::string_view awslogs, const ScanKernels& kernels) {
  std::string_view data;
  const auto take = [&](std::string_view key, std::string_view value) {
    if (key == "data") data = value;
  };
  if (!each_member(awslogs, kernels, take) || data.empty())
    return broken("its awslogs hold no data");
  return wrapped(DeadLetterKind::lambda, data, kernels);
}

}  // namespace

Result<DeadLetterDocument> DeadLetterReader::read(std::string_view document) {
  Members members;
  if (!read_members(document, kernels_, members)) return broken("its JSON is broken");
  if (!members.reason.empty() && !members.origin.empty()) return read_own(document, members.event);
  if (!members.raw_data.empty()) {
    Result<DeadLetterDocument> out = wrapped(DeadLetterKind::firehose, members.raw_data, kernels_);
    std::int64_t arrival_ms = 0;
    if (out && parse_integer(members.arrival, arrival_ms) && arrival_ms > 0)
      out->arrival_ms = arrival_ms;
    return out;
  }
  if (members.request_payload.empty() && members.detail.starts_with('{')) {
    Members detail;
    if (!read_members(members.detail, kernels_, detail)) return broken("its JSON is broken");
    members.request_payload = detail.request_payload;
  }
  if (!members.request_payload.empty()) {
    Members payload;
    if (!read_members(members.request_payload, kernels_, payload) || payload.awslogs.empty())
      return broken("the invocation that failed did not come from CloudWatch Logs");
    members.awslogs = payload.awslogs;
  }
  if (!members.awslogs.empty()) return read_invocation(members.awslogs, kernels_);
  if (!members.message_type.empty())
    return broken("it is an archive of CloudWatch Logs: read it with 'hecate backfill'");
  return broken("it is no dead letter of hecate, of Firehose or of Lambda");
}

// The event, which may be large and anything, is left out of what is parsed.
Result<DeadLetterDocument> DeadLetterReader::read_own(std::string_view document,
                                                      std::string_view event) {
  if (!event.empty() && !event.starts_with('{')) return broken("its event is no JSON object");
  if (document.size() - event.size() > own_rest_bytes_max)
    return broken("it is larger than hecate writes them");
  const std::size_t begin =
      event.empty() ? document.size() : static_cast<std::size_t>(event.data() - document.data());
  rest_.assign(document.substr(0, begin));
  if (!event.empty()) rest_.append("{}").append(document.substr(begin + event.size()));
  Result<DeadLetterRecord> record = parser_.parse(rest_);
  if (!record) return fail(Errc::bad_document, std::move(record.error().message));
  DeadLetterDocument out;
  out.record = std::move(*record);
  out.event = event;
  return out;
}

bool is_hec_event(std::string_view document, const ScanKernels& kernels) {
  constexpr std::array<std::string_view, 7> known{"time",  "host",  "source", "sourcetype",
                                                  "index", "event", "fields"};
  bool has_event = false;
  bool all_known = true;
  const bool sound =
      each_member(document, kernels, [&](std::string_view key, std::string_view value) {
        all_known = all_known && std::find(known.begin(), known.end(), key) != known.end();
        has_event = has_event || (key == "event" && value != "null" && value != "\"\"");
      });
  return sound && all_known && has_event;
}

}  // namespace hecate
