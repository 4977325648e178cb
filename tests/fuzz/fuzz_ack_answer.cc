// fuzz_ack_answer: a channel whose every answer is odd, next to a model of what it may believe.
//
// Input: a byte that sets how many requests are pending, then answers: for each a byte that chooses
// the status (or that the answer is lost, or time passes, or the channel is reset), then a line of
// body. Whatever is said: a part is confirmed at most once, only by status 200, only when its
// number stands in the body together with a true, and never on another channel than it was sent on.
#include <memory>
#include <set>

#include "pipeline/request.h"
#include "stages/hec_acks.h"
#include "stages/hec_flight.h"
#include "tests/fuzz/support.h"
#include "tests/support/seeded_random.h"

namespace hecate::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t events_per_part = 3;

class Model {
 public:
  explicit Model(std::size_t parts) : random_(1), channel_(random_) {
    auto request = std::make_unique<Request>();
    request->events.resize(parts * events_per_part);
    flight_.begin(std::move(request));
    flight_.take_next();
    for (std::size_t i = 0; i < parts; ++i) send();
  }
  ~Model() { flight_.release(); }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  void answer(int status, std::string_view body) {
    HecAcks acks = HecAnswerReader::read_acks(status, body);
    if (acks.meaning != HecMeaning::accepted)
      require(acks.confirmed() == 0, "an answer that is none confirms nothing");
    std::set<std::uint64_t> expected;
    for (const std::uint64_t id : pending_) {
      if (!acks.confirms(id)) continue;
      require(status == 200, "only status 200 confirms");
      require(may_confirm(body, id), "a confirmation stands in the body", body);
      expected.insert(id);
    }
    const std::uint64_t before = delivered_;
    require(channel_.confirm(acks) == expected.size(), "what is confirmed is credited");
    delivered_ += flight_.take_delivered().events();
    require(delivered_ - before == expected.size() * events_per_part,
            "as many events are delivered as were confirmed");
    for (const std::uint64_t id : expected) pending_.erase(id);
    require(channel_.confirm(acks) == 0, "the same answer confirms nothing twice");
    check_pending();
  }
  void lose_answer() {
    channel_.answer_lost(now_);
    check_pending();
  }
  void pass_time(std::chrono::seconds seconds) {
    now_ += seconds;
    for (const PendingAck& overdue : channel_.take_overdue(now_)) {
      require(pending_.erase(overdue.ack_id) == 1, "only what is pending is given up, once");
      --flight_.acks_due;
    }
    check_pending();
  }
  void reset() {
    const std::string id = channel_.id();
    const std::vector<PendingAck> given_up = channel_.reset();
    require(given_up.size() == pending_.size(), "a reset hands out everything pending");
    require(channel_.id() != id, "a reset channel is another one");
    flight_.acks_due -= given_up.size();
    pending_.clear();
    check_pending();
  }
  void send() {
    PendingAck pending{next_id_, &flight_, {0, events_per_part}, now_ + HecChannel::ack_timeout};
    require(channel_.add(pending), "a growing number is taken");
    require(!channel_.add(pending), "a number that does not grow is not");
    ++flight_.acks_due;
    pending_.insert(next_id_++);
  }

 private:
  // A number may be written in other ways than ours only with zeros before it or escaped.
  static bool may_confirm(std::string_view body, std::uint64_t id) {
    const std::string digits = std::to_string(id) + '"';
    return body.find("true") != body.npos &&
           (body.find(digits) != body.npos || body.find('\\') != body.npos);
  }
  void check_pending() {
    require(channel_.empty() == pending_.empty(), "the channel knows what is pending");
    require(flight_.acks_due == pending_.size(), "the flight knows what is pending");
    std::string wanted = "{\"acks\":[";
    for (const std::uint64_t id : pending_) wanted += std::to_string(id) + ',';
    if (!pending_.empty()) wanted.pop_back();
    require_same(channel_.query(), wanted + "]}", "the query asks for what is pending");
  }

  SeededRandom random_;
  HecFlight flight_;
  HecChannel channel_;
  Clock::time_point now_{};
  std::set<std::uint64_t> pending_;
  std::uint64_t next_id_ = 0;
  std::uint64_t delivered_ = 0;
};

void run(FuzzInput input) {
  Model model(input.below(16) + 1);
  for (int steps = 0; steps < 64 && !input.rest().empty(); ++steps) {
    const std::uint8_t choice = input.byte();
    switch (choice % 8) {
      case 0:
        model.lose_answer();
        break;
      case 1:
        model.pass_time(std::chrono::seconds(choice));
        break;
      case 2:
        model.reset();
        break;
      case 3:
        model.send();
        break;
      case 4:
        model.answer(400, input.line());
        break;
      case 5:
        model.answer(static_cast<int>(choice) * 3, input.line());
        break;
      default:
        model.answer(200, input.line());
        break;
    }
  }
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
