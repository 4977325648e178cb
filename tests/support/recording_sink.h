// recording_sink: a sink that keeps what it was given, settles it at once, and fails on demand.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/request.h"
#include "tests/support/proofs.h"

namespace hecate {

class RecordingSink final : public Sink {
 public:
  RecordingSink(Ledger& ledger, RequestPool& pool) : ledger_(ledger), pool_(pool) {}

  Status submit(std::unique_ptr<Request> request) override {
    if (on_submit) on_submit(*request);
    if (failing_in) {
      pool_.give_back(std::move(request));
      return fail(*failing_in);
    }
    bodies.emplace_back(request->body.view());
    for (std::size_t i = 0; i < request->events.size(); ++i)
      events.emplace_back(request->event_bytes(i));
    Status settled =
        ledger_.settle(*request, DeliveryForTests::delivered(request->events.size()), {}, {});
    pool_.give_back(std::move(request));
    return settled;
  }
  Status drain() override { return {}; }

  std::function<void(const Request&)> on_submit;  ///< before anything else
  std::optional<Error> failing_in;                ///< what submit() fails with
  std::vector<std::string> bodies;                ///< one per request
  std::vector<std::string> events;                ///< with their newlines, in the order they came

 private:
  Ledger& ledger_;
  RequestPool& pool_;
};

}  // namespace hecate
