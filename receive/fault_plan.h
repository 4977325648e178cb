// fault_plan: a rehearsal of bad days, as data.
//
// A YAML file lists rules. Each rule says which requests it strikes (by number, every Nth, with a
// probability, on a path) and what then happens. The requests on a rule's path are counted from 1
// by that rule alone, and chance is drawn from (seed, rule, number): the same requests in the same
// order meet the same faults, however many connections carry them. The first rule that strikes
// wins. Deciding is here; doing it to a connection is the receiver's work.
//
//   seed: 7
//   rules:
//     - {name: outage, requests: 100-200, status: 503, code: 9, retry_after: 2}
//     - {name: rotated, requests: 500-, times: 3, refuse_token: true}
//     - {name: unknown, every: 50, reset: after_body, keep: true}
//     - {name: slow, probability: 0.01, delay_ms: 1500}
//     - {name: poll, path: ack, every: 3, body: html, status: 502}
//
// Conditions (all given ones must hold; none: every request)
//   path         data (event and raw; the default) | event | raw | ack | health | any | /exact/path
//   requests     N | N-M | N-
//   every        N
//   probability  0..1
//   times        at most so often
// Effects
//   status, code, number, retry_after   an answer instead of the real one
//   refuse_token                        403 with code 4 (or the given code)
//   body: empty | html                  alone: damages the real answer; with status: what it says
//   cut_body: N                         the connection ends after N bytes of the answer's body
//   reset: before_body | after_body     the connection is reset, with no answer
//   delay_ms                            the answer, real or not, comes later
//   lost_ack, ack_delay_ms              the ack id is given, and turns true never, or later
//   keep                                whether the events are kept all the same; by default they
//                                       are unless the answer is replaced or the connection reset
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"
#include "receive/hec_answer.h"

namespace hecate::receive {

struct Fault {
  enum class Reset { none, before_body, after_body };
  enum class Body { real, empty, html };

  std::optional<int> status;
  std::optional<int> code;
  std::optional<uint64_t> number;
  std::string retry_after;
  int64_t delay_ms = 0;
  int64_t ack_delay_ms = 0;
  std::optional<size_t> cut_body;
  Reset reset = Reset::none;
  Body body = Body::real;
  bool lost_ack = false;
  bool keep = true;

  /// Whether the client is told something else than the protocol says.
  bool replaces_answer() const noexcept { return status.has_value() || code.has_value(); }

  /// What the client is told, given what the protocol says.
  HecAnswer apply(HecAnswer real) const;
};

struct FaultRule {
  std::string name;
  std::string path = "data";
  uint64_t first = 1;
  uint64_t last = UINT64_MAX;
  uint64_t every = 1;
  double probability = 1;
  uint64_t times = UINT64_MAX;
  Fault fault;
};

class FaultPlan {
 public:
  static constexpr size_t rules_max = 1000;

  FaultPlan() = default;
  FaultPlan(uint64_t seed, std::vector<FaultRule> rules);

  /// Reads a plan. A refusal names every mistake with its line and column.
  static Result<FaultPlan> load(const std::string& file);
  static Result<FaultPlan> parse(const std::string& yaml, std::string_view name);

  /// Counts a request in every rule on its path. The fault that strikes it lives as long as the
  /// plan; nullptr: none does. Thread-safe.
  const Fault* strike(std::string_view path);

  struct Count {
    std::string_view name;
    uint64_t seen = 0;   ///< requests on the rule's path
    uint64_t fired = 0;  ///< of those, struck by the rule
  };
  std::vector<Count> counts() const;

  bool empty() const noexcept { return rules_.empty(); }

 private:
  struct State {
    uint64_t seen = 0;
    uint64_t fired = 0;
  };

  bool strikes(size_t rule, uint64_t number) const;

  uint64_t seed_ = 0;
  std::vector<FaultRule> rules_;
  std::vector<State> states_;
  // Behind a pointer, so that a plan can be moved before it is used.
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
};

}  // namespace hecate::receive
