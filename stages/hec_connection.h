// hec_connection: delivers requests over one connection, one at a time.
//
// It posts, waits, tries again, halves, isolates refused events and writes them to the dead
// letters, until every event of a request is proved delivered or dead-lettered; what an answer
// means is read elsewhere (hec_answer). With acknowledgements a request stays here after it was
// accepted until the receiver confirms it. Used by one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stages/gzip_body.h"
#include "stages/hec_acks.h"
#include "stages/hec_answer.h"
#include "stages/hec_flight.h"
#include "stages/hec_run.h"

namespace hecate {

class HecConnection {
 public:
  /// Called with each flight that is complete. An Error ends the run.
  using Settle = std::function<Status(HecFlight&)>;

  /// `index` of `connections`; spreads them over the endpoints.
  HecConnection(HecRun& run, std::unique_ptr<HttpTransport> transport, std::size_t index,
                std::size_t connections, Settle settle);

  /// Delivers `request`, or with acknowledgements at least sends it. An Error says why the run must
  /// stop; the request is then still here.
  Status deliver(std::unique_ptr<Request> request);

  /// Requests that wait for their acknowledgement.
  [[nodiscard]] std::size_t waiting() const noexcept { return flights_.size(); }
  /// When to call poll_acks() next.
  [[nodiscard]] std::chrono::steady_clock::time_point poll_at() const noexcept { return poll_at_; }
  /// Asks for the acknowledgements due; settles what is confirmed, sends again what is not in time.
  Status poll_acks();

  /// Pauses when the receiver said that its queues are filling.
  void pause_if_asked();
  /// Takes back what is still here, unsettled.
  void abandon(const std::function<void(std::unique_ptr<Request>)>& give_back);

 private:
  std::size_t home() const noexcept;
  Status send_all(HecFlight& flight);
  Result<HecVerdict> post(HecFlight& flight, EventRange range);
  Result<std::size_t> pick_endpoint(RetryPolicy::Tries& tries,
                                    std::optional<std::size_t> failed_at);
  Result<HttpAnswer> exchange(std::size_t endpoint, const std::string& url, std::string_view body,
                              bool gzip, const std::string& authorization);
  Status wait_for_rate(std::uint64_t bytes);
  Status judge(std::size_t endpoint, const HecVerdict& verdict, std::uint64_t token_generation,
               RetryPolicy::Tries& tries, std::optional<std::size_t>& failed_at);
  Status back_off(std::size_t endpoint, const std::string& why,
                  std::optional<std::chrono::milliseconds> asked, RetryPolicy::Tries& tries);
  Status handle_transport_error(std::size_t endpoint, Error error, RetryPolicy::Tries& tries);
  Status renew_token(std::size_t endpoint, const std::string& answer, std::uint64_t generation);

  Status apply(HecFlight& flight, EventRange range, HecVerdict verdict);
  void accept(HecFlight& flight, EventRange range, HecVerdict& verdict);
  Status dead_letter(HecFlight& flight, std::size_t event, DeadLetterReason reason,
                     const HecVerdict& verdict);
  Status settle_if_complete(HecFlight& flight);

  Status poll_endpoint(std::size_t endpoint);
  Status send_unconfirmed_again();

  HecRun& run_;
  std::unique_ptr<HttpTransport> transport_;
  const std::size_t index_;
  const std::size_t connections_;
  Settle settle_;
  HecAnswerReader reader_;
  GzipBody gzip_body_;
  std::vector<bool> gzip_;  // per endpoint: on, until it says that it cannot
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<std::unique_ptr<HecFlight>> flights_;  // being sent, or waiting for confirmation
  std::vector<std::unique_ptr<HecFlight>> free_flights_;
  std::uint64_t requests_taken_ = 0;
  std::size_t answered_at_ = 0;  // endpoint of the last verdict
  bool slow_down_ = false;
  int slow_downs_in_a_row_ = 0;

  // Only with acknowledgements:
  std::vector<HecChannel> channels_;     // per endpoint
  std::vector<PendingAck> unconfirmed_;  // to be sent again
  std::chrono::steady_clock::time_point poll_at_;
  std::chrono::milliseconds poll_interval_{0};
};

}  // namespace hecate
