// hec_answer: what a HEC answer says about the events that were sent.
//
// The one place that reads answers, free of I/O, and the only one (with the local sinks) that may
// create a Delivery. Nothing is delivered unless the receiver says so in a body that can be read:
// an empty, cut or foreign one proves nothing. It decides what is true, not what to do about it:
// waiting, splitting and dead-lettering is stages/hec_connection.
//
//   body:     {"text":"Incorrect index","code":7,"invalid-event-number":3}
//   events:   [0] [1] [2] [3] [4]        code 7 counts from one: event 2 is the culprit,
//              in  in  ^no -   -         0 and 1 are in, 3 and 4 were never looked at
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "pipeline/config.h"
#include "pipeline/delivery.h"

namespace hecate {

enum class HecMeaning : std::uint8_t {
  accepted,              ///< all events were taken
  refused_one,           ///< `culprit` is refused; what came before it may be in, the rest is not
  busy,                  ///< nothing was taken; the same again later
  refused_token,         ///< a newer token may help
  misconfigured,         ///< no repetition helps until somebody changes something
  too_much,              ///< the same events in smaller portions may be taken
  unsupported_encoding,  ///< the same without compression may be taken
  unknown,               ///< no readable answer: may or may not have arrived; the same again later
};

/// What was sent, as far as its answer depends on it.
struct HecSent {
  std::size_t events = 0;      ///< at least one
  std::size_t body_bytes = 0;  ///< before compression
};

struct HecVerdict {
  HecMeaning meaning = HecMeaning::unknown;
  Delivery delivered;  ///< all events, or the head before the culprit; nothing while acks are due
  std::size_t culprit = 0;   ///< with refused_one: index into what was sent
  bool ack_missing = false;  ///< accepted, but not so that it could be confirmed: proves nothing
  bool slow_down = false;    ///< accepted, but the receiver's queues are filling
  std::optional<std::uint64_t> ack_id;  ///< accepted, to be confirmed under this number
  std::optional<std::chrono::milliseconds> retry_after;  ///< as asked, capped
  int http_status = 0;
  std::optional<int> hec_code;
};

/// What an answer to an ack query says. True is said once, so each id is confirmed at most once.
class HecAcks {
 public:
  HecMeaning meaning = HecMeaning::unknown;  ///< accepted: the query was answered
  int http_status = 0;
  std::optional<int> hec_code;
  [[nodiscard]] std::size_t confirmed() const noexcept { return confirmed_.size(); }
  [[nodiscard]] bool confirms(std::uint64_t ack_id) const { return confirmed_.contains(ack_id); }

 private:
  friend class HecAnswerReader;
  std::unordered_set<std::uint64_t> confirmed_;
};

class HecAnswerReader {
 public:
  /// `expects_acks`: success is only confirmed by read_acks(), and a head before a culprit never.
  HecAnswerReader(OnPartial on_partial, bool expects_acks) noexcept
      : on_partial_(on_partial), expects_acks_(expects_acks) {}

  /// `now_epoch_ms` is what a date in Retry-After is compared with.
  [[nodiscard]] HecVerdict read(int http_status, std::string_view body,
                                const std::optional<std::string>& retry_after, const HecSent& sent,
                                std::int64_t now_epoch_ms) const;

  [[nodiscard]] static HecAcks read_acks(int http_status, std::string_view body);
  /// The proof for `events` that were accepted under `ack_id`; proves nothing unless confirmed.
  [[nodiscard]] static Delivery confirm(HecAcks& acks, std::uint64_t ack_id, std::uint64_t events);

 private:
  struct Body;
  static Body parse(std::string_view text);
  static HecMeaning meaning_without_body(int http_status) noexcept;
  void read_success(HecVerdict& verdict, const Body& body, const HecSent& sent) const;
  void read_refusal(HecVerdict& verdict, const Body& body, const HecSent& sent) const;

  OnPartial on_partial_;
  bool expects_acks_;
};

/// Splunk's own words for a code; empty when it is not one of Splunk's.
std::string_view hec_code_text(int code) noexcept;
/// "HTTP 403, code 4 (Invalid token)". Never text of the answer.
std::string describe_hec_answer(int http_status, std::optional<int> code);

/// Retry-After in either form, seconds or an HTTP date; capped at limits::retry_after_max, zero
/// when it lies in the past; nothing when it is neither form.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::int64_t now_epoch_ms);

}  // namespace hecate
