#include "stages/hec_connection.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "stages/hec_advice.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;

// Places in headers_; the last one is left off when the body is not compressed.
constexpr std::size_t authorization_header = 0;
constexpr std::size_t channel_header = 2;

// A connection moves on to the next endpoint after so many requests, so that load spreads even when
// there are fewer connections than endpoints.
constexpr std::uint64_t requests_per_home = 64;

// After "slow down": doubles from the first to the last while the receiver goes on saying so.
constexpr milliseconds slow_down_first{100};
constexpr milliseconds slow_down_last{1000};

constexpr milliseconds poll_interval_first{200};
constexpr milliseconds poll_interval_last{5000};

Error interrupted() {
  return {Errc::interrupted, "stopped with work left; run the same command again to go on"};
}

}  // namespace

HecConnection::HecConnection(HecRun& run, std::unique_ptr<HttpTransport> transport,
                             std::size_t index, std::size_t connections, Settle settle)
    : run_(run),
      transport_(std::move(transport)),
      index_(index),
      connections_(connections),
      settle_(std::move(settle)),
      reader_(run.hec.on_partial, run.hec.ack),
      poll_interval_(poll_interval_first) {
  for (const HecEndpointUrls& endpoint : run_.endpoints) gzip_.push_back(endpoint.gzip);
  headers_ = {{"Authorization", ""}, {"Content-Type", "application/json"}};
  if (run_.hec.ack) {
    headers_.emplace_back("X-Splunk-Request-Channel", "");
    for (std::size_t i = 0; i < run_.endpoints.size(); ++i) channels_.emplace_back(run_.random);
  }
  headers_.emplace_back("Content-Encoding", "gzip");
}

std::size_t HecConnection::home() const noexcept {
  // Acknowledgements are only known to the node that took the request.
  const std::uint64_t turns = run_.hec.ack ? 0 : requests_taken_ / requests_per_home;
  return (index_ + turns * connections_) % run_.endpoints.size();
}

Status HecConnection::deliver(std::unique_ptr<Request> request) {
  if (free_flights_.empty()) free_flights_.push_back(std::make_unique<HecFlight>());
  flights_.push_back(std::move(free_flights_.back()));
  free_flights_.pop_back();
  HecFlight& flight = *flights_.back();
  flight.begin(std::move(request));
  ++requests_taken_;
  if (Status sent = send_all(flight); !sent) return sent;
  if (Status settled = settle_if_complete(flight); !settled) return settled;
  return send_unconfirmed_again();
}

Status HecConnection::send_all(HecFlight& flight) {
  while (!flight.all_sent()) {
    const EventRange range = flight.take_next();
    Result<HecVerdict> verdict = post(flight, range);
    if (!verdict) return fail(std::move(verdict.error()));
    if (Status applied = apply(flight, range, std::move(*verdict)); !applied) return applied;
  }
  return {};
}

Result<HecVerdict> HecConnection::post(HecFlight& flight, EventRange range) {
  const std::string_view body = flight.bytes(range);
  std::string_view compressed;
  RetryPolicy::Tries tries;
  std::optional<std::size_t> failed_at;
  for (bool first = true;; first = false) {
    if (Status waited = wait_for_rate(body.size()); !waited) return fail(std::move(waited.error()));
    Result<TokenCache::Held> token = run_.tokens.current();
    if (!token) return fail(std::move(token.error()));
    const Result<std::size_t> picked = pick_endpoint(tries, failed_at);
    if (!picked) return fail(picked.error());
    const std::size_t at = *picked;

    const bool gzip = gzip_[at];
    if (gzip && compressed.empty()) compressed = gzip_body_.compress(body);
    const std::string_view wire = gzip ? compressed : body;
    Metrics::add(run_.metrics.requests, 1);
    if (!first) Metrics::add(run_.metrics.retries, 1);
    ++flight.posts;
    Result<HttpAnswer> answer =
        exchange(at, run_.endpoints[at].event_url, wire, gzip, token->authorization);
    if (!answer) {
      failed_at = at;
      Status handled = handle_transport_error(at, std::move(answer.error()), tries);
      if (!handled) return fail(std::move(handled.error()));
      continue;
    }
    Metrics::add(run_.metrics.bytes_posted, wire.size());
    HecVerdict verdict = reader_.read(answer->status, answer->body, answer->retry_after,
                                      {range.size(), body.size()}, run_.clock.epoch_ms());
    answered_at_ = at;
    switch (verdict.meaning) {
      case HecMeaning::accepted:
      case HecMeaning::refused_one:
      case HecMeaning::too_much:
        run_.health.succeeded(at);
        return verdict;
      default:
        break;
    }
    Status again = judge(at, verdict, token->generation, tries, failed_at);
    if (!again) return fail(std::move(again.error()));
  }
}

/// Prepares another try after a verdict that settled nothing, or says why there is none.
Status HecConnection::judge(std::size_t at, const HecVerdict& verdict,
                            std::uint64_t token_generation, RetryPolicy::Tries& tries,
                            std::optional<std::size_t>& failed_at) {
  const std::string& name = run_.endpoints[at].name;
  const std::string answer = describe_hec_answer(verdict.http_status, verdict.hec_code);
  switch (verdict.meaning) {
    case HecMeaning::refused_token:
      run_.health.succeeded(at);
      return renew_token(at, answer, token_generation);
    case HecMeaning::unsupported_encoding:
      if (!gzip_[at]) break;
      run_.health.succeeded(at);
      gzip_[at] = false;
      run_.notices.say("encoding", name + ": takes no compressed bodies; going on without gzip");
      return {};
    case HecMeaning::busy:
      failed_at = at;
      return back_off(at, name + ": busy: " + answer, verdict.retry_after, tries);
    case HecMeaning::unknown:
      // A token without acknowledgements answers like this for ever; a glitch does not.
      if (verdict.ack_missing && !run_.acks_seen) break;
      failed_at = at;
      return back_off(at, name + ": no readable HEC answer: " + answer, verdict.retry_after, tries);
    default:
      break;
  }
  run_.health.succeeded(at);
  return fail(Errc::denied,
              name + ": " + answer + "; " + hec_advice(verdict.http_status, verdict.hec_code));
}

Status HecConnection::wait_for_rate(std::uint64_t bytes) {
  const milliseconds wait = run_.rate.take(bytes);
  if (wait > milliseconds(0) && !run_.clock.sleep_for(wait, run_.halted)) {
    return fail(interrupted());
  }
  return {};
}

Result<std::size_t> HecConnection::pick_endpoint(RetryPolicy::Tries& tries,
                                                 std::optional<std::size_t> failed_at) {
  std::uint64_t rounds = run_.health.failed_rounds();
  for (;;) {
    if (run_.halted()) return fail(interrupted());
    const EndpointHealth::Choice choice = run_.health.choose(home(), failed_at);
    if (choice.endpoint) return *choice.endpoint;
    run_.health.wait(choice.wait, run_.halted);
    // A probe that failed in vain for all who wait is a failed try for each of them: otherwise more
    // connections would mean a later end.
    const std::uint64_t rounds_now = run_.health.failed_rounds();
    if (rounds_now == rounds) continue;
    rounds = rounds_now;
    if (!run_.retry.after_failure(tries)) {
      return fail(Errc::transient,
                  run_.endpoints[home()].name + ": still down; " + gave_up_advice(tries.failures));
    }
  }
}

Result<HttpAnswer> HecConnection::exchange(std::size_t endpoint, const std::string& url,
                                           std::string_view body, bool gzip,
                                           const std::string& authorization) {
  headers_[authorization_header].second = authorization;
  if (run_.hec.ack) headers_[channel_header].second = channels_[endpoint].id();
  HttpRequest request;
  request.url = url;
  request.body = body;
  request.headers = std::span(headers_).first(headers_.size() - (gzip ? 0 : 1));
  Result<HttpAnswer> answer = transport_->send(request);
  if (answer && !answer->connection_reused) Metrics::add(run_.metrics.connections_opened, 1);
  return answer;
}

Status HecConnection::back_off(std::size_t endpoint, const std::string& why,
                               std::optional<milliseconds> asked, RetryPolicy::Tries& tries) {
  run_.health.failed(endpoint, asked);
  // What one endpoint asks for does not hold up another, nor use up the time that there is.
  const bool elsewhere = run_.health.another_is_well(endpoint);
  const std::optional<milliseconds> delay =
      run_.retry.after_failure(tries, elsewhere ? std::nullopt : asked);
  if (!delay) return fail(Errc::transient, why + "; " + gave_up_advice(tries.failures));
  run_.notices.say("retry", why + "; sending again");
  if (elsewhere) return {};
  if (!run_.clock.sleep_for(*delay, run_.halted)) return fail(interrupted());
  return {};
}

Status HecConnection::handle_transport_error(std::size_t endpoint, Error error,
                                             RetryPolicy::Tries& tries) {
  // With several endpoints, one whose certificate has expired is as good as one that is down.
  const bool skippable = error.code == Errc::denied && run_.endpoints.size() > 1;
  if (error.code == Errc::transient || skippable) {
    return back_off(endpoint, error.message, {}, tries);
  }
  run_.health.failed(endpoint, {});
  return fail(std::move(error));
}

Status HecConnection::renew_token(std::size_t endpoint, const std::string& answer,
                                  std::uint64_t generation) {
  const std::string refused =
      run_.endpoints[endpoint].name + ": the HEC token was refused (" + answer + ")";
  Status renewed = run_.tokens.renew(generation);
  if (!renewed) {
    return fail(Errc::auth, refused + "; " + renewed.error().message +
                                "; nothing is lost: provide a valid token and run the same "
                                "command again");
  }
  run_.notices.say("token", refused + "; going on with a newer one");
  return {};
}

Status HecConnection::apply(HecFlight& flight, EventRange range, HecVerdict verdict) {
  switch (verdict.meaning) {
    case HecMeaning::accepted:
      accept(flight, range, verdict);
      return {};
    case HecMeaning::refused_one: {
      const std::size_t culprit = range.begin + verdict.culprit;
      const bool head_is_in = verdict.delivered.events() == verdict.culprit;
      flight.send_again({culprit + 1, range.end});
      if (!head_is_in) flight.send_again({range.begin, culprit});
      flight.add_delivered(std::move(verdict.delivered));
      return dead_letter(flight, culprit, DeadLetterReason::hec_rejected, verdict);
    }
    default:
      break;
  }
  check(verdict.meaning == HecMeaning::too_much, "other verdicts are judged before they get here");
  if (range.size() == 1) {
    return dead_letter(flight, range.begin, DeadLetterReason::too_large, verdict);
  }
  flight.halve(range);
  return {};
}

void HecConnection::accept(HecFlight& flight, EventRange range, HecVerdict& verdict) {
  flight.taken();
  slow_down_ = verdict.slow_down;
  slow_downs_in_a_row_ = slow_down_ ? slow_downs_in_a_row_ + 1 : 0;
  if (!run_.hec.ack) {
    flight.add_delivered(std::move(verdict.delivered));
    return;
  }
  run_.acks_seen = true;
  const auto now = run_.clock.now();
  const PendingAck pending{*verdict.ack_id, &flight, range, now + run_.ack_timeout};
  ++flight.acks_due;
  poll_interval_ = poll_interval_first;
  const bool first = std::all_of(channels_.begin(), channels_.end(),
                                 [](const HecChannel& channel) { return channel.empty(); });
  poll_at_ = first ? now + poll_interval_ : std::min(poll_at_, now + poll_interval_);
  HecChannel& channel = channels_[answered_at_];
  if (channel.add(pending)) return;
  for (const PendingAck& lost : channel.reset()) unconfirmed_.push_back(lost);
  unconfirmed_.push_back(pending);
}

Status HecConnection::dead_letter(HecFlight& flight, std::size_t event, DeadLetterReason reason,
                                  const HecVerdict& verdict) {
  const Request& request = flight.request();
  const RequestEvent& origin = request.events[event];
  const Envelope& envelope = request.segments[origin.segment].object->envelope();
  const std::string answer = describe_hec_answer(verdict.http_status, verdict.hec_code);
  std::string_view bytes = request.event_bytes(event);
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);

  DeadLetter letter;
  letter.reason = reason;
  letter.detail = reason == DeadLetterReason::too_large
                      ? "a single event of " + std::to_string(bytes.size()) +
                            " bytes is more than the receiver takes: " + answer
                      : "refused by the receiver: " + answer;
  letter.hec_code = verdict.hec_code;
  letter.http_status = verdict.http_status;
  letter.attempts = flight.posts;
  letter.uri = envelope.uri;
  letter.etag = envelope.identity;
  letter.record = origin.record;
  letter.time_ms = run_.clock.epoch_ms();
  letter.event = bytes;
  Result<DeadLettered> written = run_.dead_letters.write(letter);
  if (!written) return fail(std::move(written.error()));
  flight.add_dead_letter(event, std::move(*written));
  run_.notices.say("dead_letter", envelope.uri + ": event of record " +
                                      std::to_string(origin.record) +
                                      " dead-lettered: " + letter.detail);
  return {};
}

Status HecConnection::settle_if_complete(HecFlight& flight) {
  if (!flight.complete()) return {};
  if (Status settled = settle_(flight); !settled) return settled;
  const auto at = std::find_if(flights_.begin(), flights_.end(),
                               [&](const auto& held) { return held.get() == &flight; });
  check(at != flights_.end(), "a flight is settled by the connection that carries it");
  free_flights_.push_back(std::move(*at));
  flights_.erase(at);
  return {};
}

Status HecConnection::poll_acks() {
  std::size_t waiting_before = flights_.size();
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (channels_[i].empty()) continue;
    if (Status polled = poll_endpoint(i); !polled) return polled;
    for (PendingAck& late : channels_[i].take_overdue(run_.clock.now())) {
      unconfirmed_.push_back(late);
    }
  }
  for (std::size_t i = flights_.size(); i-- > 0;) {
    if (Status settled = settle_if_complete(*flights_[i]); !settled) return settled;
  }
  const bool progress = flights_.size() < waiting_before;
  poll_interval_ =
      progress ? poll_interval_first : std::min(poll_interval_ * 2, poll_interval_last);
  poll_at_ = run_.clock.now() + poll_interval_;
  return send_unconfirmed_again();
}

Status HecConnection::poll_endpoint(std::size_t at) {
  const HecEndpointUrls& endpoint = run_.endpoints[at];
  Result<TokenCache::Held> token = run_.tokens.current();
  if (!token) return fail(std::move(token.error()));
  Result<HttpAnswer> answer =
      exchange(at, endpoint.ack_url, channels_[at].query(), false, token->authorization);
  if (!answer) {
    if (answer.error().code == Errc::interrupted) return fail(std::move(answer.error()));
    channels_[at].answer_lost(run_.clock.now());
    run_.notices.say("ack", answer.error().message + "; asking again for acknowledgements");
    return {};
  }
  HecAcks acks = HecAnswerReader::read_acks(answer->status, answer->body);
  const std::string text = describe_hec_answer(acks.http_status, acks.hec_code);
  switch (acks.meaning) {
    case HecMeaning::accepted:
      channels_[at].confirm(acks);
      return {};
    case HecMeaning::refused_token:
      return renew_token(at, text, token->generation);
    case HecMeaning::misconfigured:
      return fail(Errc::denied, endpoint.name + ": query for acknowledgements: " + text + "; " +
                                    hec_advice(acks.http_status, acks.hec_code));
    case HecMeaning::unknown:
      channels_[at].answer_lost(run_.clock.now());
      [[fallthrough]];
    default:
      run_.notices.say("ack", endpoint.name + ": query for acknowledgements: " + text);
      return {};
  }
}

Status HecConnection::send_unconfirmed_again() {
  while (!unconfirmed_.empty()) {
    const PendingAck late = unconfirmed_.back();
    unconfirmed_.pop_back();
    HecFlight& flight = *late.flight;
    --flight.acks_due;
    flight.send_again(late.range);
    if (++flight.confirmations_missed >= run_.hec.retry.attempts) {
      return fail(Errc::transient, run_.endpoints[home()].name +
                                       ": accepts events but does not confirm them; " +
                                       gave_up_advice(flight.confirmations_missed));
    }
    run_.notices.say("unconfirmed", run_.endpoints[home()].name +
                                        ": events were not confirmed in time; sending them again");
    if (Status sent = send_all(flight); !sent) return sent;
    if (Status settled = settle_if_complete(flight); !settled) return settled;
  }
  return {};
}

void HecConnection::pause_if_asked() {
  if (!std::exchange(slow_down_, false)) return;
  milliseconds pause = slow_down_first;
  for (int i = 1; i < slow_downs_in_a_row_ && pause < slow_down_last; ++i) pause *= 2;
  run_.clock.sleep_for(std::min(pause, slow_down_last), run_.halted);
}

void HecConnection::abandon(const std::function<void(std::unique_ptr<Request>)>& give_back) {
  unconfirmed_.clear();
  for (const std::unique_ptr<HecFlight>& flight : flights_) {
    if (std::unique_ptr<Request> request = flight->release()) give_back(std::move(request));
  }
  flights_.clear();
}

}  // namespace hecate
