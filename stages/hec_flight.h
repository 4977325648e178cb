// hec_flight: one request while it is being delivered, and what is proved of it so far.
//
// A flight knows which of its events are still to be sent, as ranges: contiguous events are
// contiguous bytes, so any part of a request is posted without copying. Refusals and halving only
// move the ends of ranges. When many events of a request are refused one by one, portions shrink,
// so that the bytes sent again stay in proportion. Posts nothing itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/check.h"
#include "pipeline/request.h"

namespace hecate {

/// Events [begin, end) of a request.
struct EventRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
};

class HecFlight {
 public:
  /// Takes a request over; nothing of it is sent yet. Keeps memory of earlier requests.
  void begin(std::unique_ptr<Request> request) {
    check(request_ == nullptr, "a flight carries one request at a time");
    request_ = std::move(request);
    to_send_.clear();
    dead_events_.clear();
    delivered_ = {};
    dead_lettered_ = {};
    portion_max_ = std::max<std::size_t>(1, request_->events.size());
    refusals_in_a_row_ = 0;
    posts = 0;
    acks_due = 0;
    confirmations_missed = 0;
    send_again({0, request_->events.size()});
  }
  /// Hands the request back, settled or not; the flight is free for the next one.
  std::unique_ptr<Request> release() noexcept { return std::move(request_); }

  [[nodiscard]] const Request& request() const noexcept { return *request_; }
  [[nodiscard]] bool all_sent() const noexcept { return to_send_.empty(); }
  /// Everything is proved: settle it.
  [[nodiscard]] bool complete() const noexcept { return all_sent() && acks_due == 0; }

  /// The next events to post.
  EventRange take_next() {
    EventRange& top = to_send_.back();
    if (top.size() <= portion_max_) {
      const EventRange whole = top;
      to_send_.pop_back();
      return whole;
    }
    const EventRange front{top.begin, top.begin + portion_max_};
    top.begin = front.end;
    return front;
  }
  void send_again(EventRange range) {
    if (range.size() > 0) to_send_.push_back(range);
  }
  /// Sends `range` in two halves; it holds at least two events.
  void halve(EventRange range) {
    const std::size_t middle = range.begin + range.size() / 2;
    send_again({middle, range.end});
    send_again({range.begin, middle});
  }

  /// `range` was posted and all of it taken.
  void taken() noexcept {
    refusals_in_a_row_ = 0;
    portion_max_ *= 2;
    portion_max_ = std::min(portion_max_, std::max<std::size_t>(1, request_->events.size()));
  }
  void add_delivered(Delivery&& proof) noexcept { delivered_.absorb(std::move(proof)); }
  void add_dead_letter(std::size_t event, DeadLettered&& proof) {
    dead_lettered_.absorb(std::move(proof));
    dead_events_.push_back(static_cast<std::uint32_t>(event));
    constexpr int refusals_patience = 3;
    constexpr std::size_t portion_min = 8;
    if (++refusals_in_a_row_ > refusals_patience) {
      portion_max_ = std::max(portion_min, portion_max_ / 2);
    }
  }

  [[nodiscard]] std::string_view bytes(EventRange range) const noexcept {
    const std::size_t begin = range.begin == 0 ? 0 : request_->events[range.begin - 1].end;
    return request_->body.view(begin, request_->events[range.end - 1].end - begin);
  }

  /// What is proved, handed over to the ledger.
  Delivery take_delivered() noexcept { return std::exchange(delivered_, {}); }
  DeadLettered take_dead_lettered() noexcept { return std::exchange(dead_lettered_, {}); }
  [[nodiscard]] const std::vector<std::uint32_t>& dead_events() const noexcept {
    return dead_events_;
  }

  int posts = 0;                 ///< of any part of the request
  std::size_t acks_due = 0;      ///< parts that were accepted and not confirmed yet
  int confirmations_missed = 0;  ///< parts that had to be sent again for that

 private:
  std::unique_ptr<Request> request_;
  std::vector<EventRange> to_send_;  // the next one last
  Delivery delivered_;
  DeadLettered dead_lettered_;
  std::vector<std::uint32_t> dead_events_;
  std::size_t portion_max_ = 1;
  int refusals_in_a_row_ = 0;
};

}  // namespace hecate
