#include "receive/receiver.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

#include "pipeline/json_text.h"
#include "receive/out_file.h"

namespace hecate::receive {

namespace {

int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void append_map(std::string& out, std::string_view name, const std::map<int, uint64_t>& counts) {
  fmt::format_to(std::back_inserter(out), R"(,"{}":{{)", name);
  bool first = true;
  for (const auto& [key, count] : counts) {
    fmt::format_to(std::back_inserter(out), R"({}"{}":{})", first ? "" : ",", key, count);
    first = false;
  }
  out += '}';
}

// Buffers are lent to requests and not to connections, so that idle connections hold none.
class ScratchPool {
 public:
  std::unique_ptr<HecScratch> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<HecScratch>();
    std::unique_ptr<HecScratch> scratch = std::move(free_.back());
    free_.pop_back();
    return scratch;
  }

  void give_back(std::unique_ptr<HecScratch> scratch) {
    scratch->recycle();
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(scratch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<HecScratch>> free_;
};

}  // namespace

std::string ReceiverCounts::to_json() const {
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, R"({{"requests":{},"events":{},"bytes":{},"bytes_uncompressed":{})", requests,
                 events, bytes, bytes_uncompressed);
  append_map(out, "statuses", statuses);
  append_map(out, "codes", codes);
  fmt::format_to(to, R"(,"duplicates":{},"unique_ids":{},"ids_overflow":{})", duplicates,
                 unique_ids, ids_overflow);
  fmt::format_to(to, R"(,"acks_issued":{},"acks_confirmed":{},"stopped_early":{},"resets":{})",
                 acks_issued, acks_confirmed, stopped_early, resets);
  fmt::format_to(to, R"(,"bodies_broken":{},"write_errors":{},"connections":{},"faults":[)",
                 bodies_broken, write_errors, connections);
  for (size_t i = 0; i < faults.size(); ++i) {
    out += i == 0 ? "{\"name\":" : ",{\"name\":";
    append_json_string(out, faults[i].name);
    fmt::format_to(to, R"(,"seen":{},"fired":{}}})", faults[i].seen, faults[i].fired);
  }
  return out + "]}";
}

class Receiver::Impl {
 public:
  explicit Impl(ReceiverOptions options)
      : protocol_(settings(options)),
        faults_(std::move(options.faults)),
        out_path_(std::move(options.out_file)),
        ids_(options.ids_max),
        http_(std::move(options.http), [this](HttpExchange& exchange) { serve(exchange); }) {}

  ~Impl() { stop(); }

  Status start() {
    if (!out_path_.empty())
      if (Status opened = out_.open(out_path_); !opened) return opened;
    return http_.start();
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stop_waiting_.notify_all();
    http_.stop();
  }

  uint16_t port() const noexcept { return http_.port(); }

  ReceiverCounts counts() const {
    ReceiverCounts counts;
    {
      const std::lock_guard lock(mutex_);
      counts = counts_;
      counts.unique_ids = ids_.size();
      counts.ids_overflow = ids_.full();
    }
    counts.connections = http_.connections();
    for (const FaultPlan::Count& count : faults_.counts())
      counts.faults.push_back(
          {.name = std::string(count.name), .seen = count.seen, .fired = count.fired});
    return counts;
  }

 private:
  static HecSettings settings(const ReceiverOptions& options) {
    HecSettings settings = options.hec;
    settings.keep_envelopes = !options.out_file.empty();
    settings.keep_event_ids = options.track_ids;
    return settings;
  }

  // Runs on the thread of the connection.
  void serve(HttpExchange& exchange) {
    if (exchange.head().path == "/counts" && exchange.head().method == "GET") {
      HecAnswer answer;
      answer.content_type = "application/json";
      answer.body = counts().to_json();
      return exchange.answer(std::move(answer));
    }
    const Fault* struck = faults_.strike(exchange.head().path);
    const Fault& fault = struck != nullptr ? *struck : no_fault_;
    if (fault.reset == Fault::Reset::before_body) {
      count_reset(true);
      wait(fault.delay_ms);
      return exchange.reset();
    }
    std::unique_ptr<HecScratch> scratch = scratches_.take();
    take(exchange, fault, *scratch);
    scratches_.give_back(std::move(scratch));
  }

  void take(HttpExchange& exchange, const Fault& fault, HecScratch& scratch) {
    const HttpExchange::BodyRead read =
        exchange.read_body(protocol_.settings().body_bytes_max, scratch.wire);
    if (read == HttpExchange::BodyRead::broken) {
      const std::lock_guard lock(mutex_);
      ++counts_.requests;
      ++counts_.bodies_broken;
      counts_.bytes += scratch.wire.size();
      return exchange.answer(html_answer(400, "The request body ended early."));
    }
    HecOutcome outcome;
    if (read == HttpExchange::BodyRead::too_large)
      outcome.answer = html_answer(413, fmt::format("Content-Length too large (maximum is {})",
                                                    protocol_.settings().body_bytes_max));
    else
      outcome = fault.keep ? judge(exchange.head(), fault, scratch) : lie();
    if (fault.reset != Fault::Reset::none) {
      count(outcome, scratch, false);
      count_reset(false);
      wait(fault.delay_ms);
      return exchange.reset();
    }
    outcome.answer = fault.apply(std::move(outcome.answer));
    count(outcome, scratch, true);
    wait(fault.delay_ms);
    if (fault.cut_body) exchange.cut_body(*fault.cut_body);
    exchange.answer(std::move(outcome.answer));
  }

  // What the client hears when a fault loses its events and nothing else is to be said.
  static HecOutcome lie() {
    HecOutcome outcome;
    outcome.answer = hec_answer(0);
    return outcome;
  }

  // What the protocol says; events that cannot be written down were not accepted.
  HecOutcome judge(const HttpHead& head, const Fault& fault, HecScratch& scratch) {
    HecOutcome outcome = protocol_.respond({.method = head.method,
                                            .path = head.path,
                                            .query = head.query,
                                            .authorization = head.authorization,
                                            .channel = head.channel,
                                            .content_encoding = head.content_encoding,
                                            .now_ms = steady_ms(),
                                            .ack_delay_ms = fault.ack_delay_ms,
                                            .lose_ack = fault.lost_ack},
                                           scratch);
    if (out_.append(scratch.accepted)) return outcome;
    outcome.answer = hec_answer(8);
    outcome.events = 0;
    outcome.ack_issued = false;
    scratch.event_ids.clear();
    const std::lock_guard lock(mutex_);
    ++counts_.write_errors;
    return outcome;
  }

  void count(const HecOutcome& outcome, const HecScratch& scratch, bool answered) {
    const std::lock_guard lock(mutex_);
    ++counts_.requests;
    counts_.events += outcome.events;
    counts_.bytes += scratch.wire.size();
    counts_.bytes_uncompressed += outcome.bytes_uncompressed;
    counts_.acks_issued += outcome.ack_issued ? 1 : 0;
    counts_.acks_confirmed += outcome.acks_confirmed;
    counts_.stopped_early += outcome.stopped_early ? 1 : 0;
    for (const uint64_t id : scratch.event_ids)
      if (!ids_.insert(id)) ++counts_.duplicates;
    if (!answered) return;
    ++counts_.statuses[outcome.answer.status];
    if (outcome.answer.code) ++counts_.codes[*outcome.answer.code];
  }

  void count_reset(bool request_uncounted) {
    const std::lock_guard lock(mutex_);
    ++counts_.resets;
    if (request_uncounted) ++counts_.requests;
  }

  void wait(int64_t delay_ms) {
    if (delay_ms == 0) return;
    std::unique_lock lock(mutex_);
    stop_waiting_.wait_for(lock, std::chrono::milliseconds(delay_ms), [this] { return stopping_; });
  }

  HecProtocol protocol_;
  FaultPlan faults_;
  const Fault no_fault_;
  std::string out_path_;
  OutFile out_;
  ScratchPool scratches_;

  mutable std::mutex mutex_;
  std::condition_variable stop_waiting_;
  bool stopping_ = false;
  ReceiverCounts counts_;
  IdSet ids_;

  HttpServer http_;  // last: its threads use all of the above
};

Receiver::Receiver(ReceiverOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
}
Receiver::~Receiver() = default;

Status Receiver::start() {
  return impl_->start();
}
void Receiver::stop() {
  impl_->stop();
}
uint16_t Receiver::port() const noexcept {
  return impl_->port();
}
ReceiverCounts Receiver::counts() const {
  return impl_->counts();
}

}  // namespace hecate::receive
