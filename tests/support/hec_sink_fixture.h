// hec_sink_fixture: a HEC sink with everything around it faked but the ledger and the pool.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/checkpoint.h"
#include "pipeline/metrics.h"
#include "pipeline/request.h"
#include "stages/hec_sink.h"
#include "tests/support/fake_checkpoint_store.h"
#include "tests/support/fake_hec.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_dead_letters.h"
#include "tests/support/seeded_random.h"

namespace hecate {

/// Gives the tokens of a list, one more per call for a fresh one; the last for ever.
class ListedTokens : public TokenProvider {
 public:
  explicit ListedTokens(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  Result<Secret> token(bool fresh) override {
    if (fresh) ++fetched_anew;
    if (fresh && at_ + 1 < tokens_.size()) ++at_;
    return Secret(tokens_[at_]);
  }
  int fetched_anew = 0;

 private:
  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
};

struct HecSinkFixture {
  explicit HecSinkFixture(std::size_t connections = 1, std::uint64_t seed = 1) : random(seed) {
    options.connections = connections;
    options.hec.endpoints = {"http://127.0.0.1:8088"};
    options.hec.gzip = GzipMode::off;
    options.stopped = [this] { return stopped.load(); };
    options.notice = [this](std::string_view text) {
      const std::scoped_lock lock(notices_mutex);
      notices.emplace_back(text);
    };
    Envelope envelope;
    envelope.uri = "/archive/object.gz";
    envelope.identity = "v1";
    object = *ledger.open(envelope);
  }

  /// Starts the sink; `receivers` answer for the endpoints in order, by port 8088, 8089, ...
  void start(std::vector<FakeHec*> receivers) {
    Result<std::unique_ptr<HecSink>> opened = HecSink::open(
        options,
        HecPorts{[receivers](std::function<bool()>) {
                   return std::make_unique<FakeTransport>(
                       [receivers, transports = transports_of(receivers)](
                           const HttpRequest& request) { return route(request, transports); });
                 },
                 tokens, clock, random, dead_letters, metrics},
        ledger, pool);
    ASSERT_TRUE(opened) << opened.error().message;
    sink = std::move(*opened);
  }

  /// A request with these events, the next records of the object.
  std::unique_ptr<Request> request_of(const std::vector<std::string>& events) {
    std::unique_ptr<Request> request = pool.take();
    Segment segment{object, next_record, next_record + events.size(), 0, 0};
    for (const std::string& event : events) {
      request->body.append(event);
      request->body.append('\n');
      request->events.push_back({static_cast<std::uint32_t>(request->body.size()), 0, next_record});
      ++next_record;
    }
    request->segments.push_back(std::move(segment));
    Metrics::add(metrics.events_read, events.size());
    return request;
  }

  Status submit(const std::vector<std::string>& events) { return sink->submit(request_of(events)); }
  std::uint64_t settled() {
    const std::optional<ObjectState> state = store.find("/archive/object.gz");
    return state ? state->records_settled : 0;
  }
  std::vector<std::string> dead_events() const {
    std::vector<std::string> events;
    for (const auto& kept : dead_letters.letters()) events.push_back(kept.event);
    return events;
  }

  Metrics metrics;
  FakeCheckpointStore store;
  Ledger ledger{&store, metrics};
  RequestPool pool{64, 1000};
  MemoryDeadLetters dead_letters;
  ManualClock clock;
  SeededRandom random;
  ListedTokens tokens{{"good"}};
  std::atomic<bool> stopped{false};
  std::mutex notices_mutex;
  std::vector<std::string> notices;
  HecSinkOptions options;
  std::shared_ptr<ObjectProgress> object;
  std::uint64_t next_record = 0;
  std::unique_ptr<HecSink> sink;

 private:
  using Transports = std::vector<std::shared_ptr<HttpTransport>>;
  static Transports transports_of(const std::vector<FakeHec*>& receivers) {
    Transports transports;
    for (FakeHec* receiver : receivers) transports.emplace_back(receiver->transport());
    return transports;
  }
  static Result<HttpAnswer> route(const HttpRequest& request, const Transports& transports) {
    for (std::size_t i = 0; i < transports.size(); ++i) {
      if (request.url.find(":" + std::to_string(8088 + i)) != std::string_view::npos) {
        return transports[i]->send(request);
      }
    }
    return fail(Errc::usage, "no such receiver");
  }
};

/// Events "<prefix>0" to "<prefix>n-1" as HEC objects.
inline std::vector<std::string> numbered_events(std::size_t n, const std::string& prefix = "e") {
  std::vector<std::string> events;
  for (std::size_t i = 0; i < n; ++i) {
    events.push_back("{\"event\":\"" + prefix + std::to_string(i) + "\"}");
  }
  return events;
}

}  // namespace hecate
