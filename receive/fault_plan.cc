#include "receive/fault_plan.h"

#include <utility>

#include "receive/hec_protocol.h"

namespace hecate::receive {

namespace {

// A number in [0, 1) from what identifies one draw: the finisher of splitmix64, twice.
double draw(uint64_t seed, uint64_t rule, uint64_t number) {
  const auto mix = [](uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
  };
  return static_cast<double>(mix(mix(seed ^ rule << 48) ^ number) >> 11) * 0x1.0p-53;
}

bool on_path(const std::string& wanted, std::string_view path) {
  if (wanted.starts_with('/')) return path == wanted;
  if (wanted == "any") return true;
  switch (hec_endpoint(path)) {
    case HecEndpoint::event:
      return wanted == "event" || wanted == "data";
    case HecEndpoint::raw:
      return wanted == "raw" || wanted == "data";
    case HecEndpoint::ack:
      return wanted == "ack";
    case HecEndpoint::health:
      return wanted == "health";
    case HecEndpoint::unknown:
      return false;
  }
  return false;
}

}  // namespace

HecAnswer Fault::apply(HecAnswer real) const {
  HecAnswer answer = std::move(real);
  if (replaces_answer()) {
    const HecCode* by_status = status ? find_hec_code_by_status(*status) : nullptr;
    const int known = code ? *code : by_status != nullptr ? by_status->code : -1;
    answer = known >= 0 ? hec_answer(known, number)
                        : html_answer(*status, "The server could not handle the request.");
    if (status) answer.status = *status;
    if (!retry_after.empty()) answer.headers.emplace_back("Retry-After", retry_after);
  }
  if (body == Body::html) {
    HecAnswer page = html_answer(answer.status, "An intermediary answered for the server.");
    page.headers = std::move(answer.headers);
    answer = std::move(page);
  } else if (body == Body::empty) {
    answer.body.clear();
    answer.code.reset();
  }
  return answer;
}

FaultPlan::FaultPlan(uint64_t seed, std::vector<FaultRule> rules)
    : seed_(seed), rules_(std::move(rules)), states_(rules_.size()) {
}

bool FaultPlan::strikes(size_t rule_index, uint64_t number) const {
  const FaultRule& rule = rules_[rule_index];
  if (states_[rule_index].fired >= rule.times) return false;
  if (number < rule.first || number > rule.last || number % rule.every != 0) return false;
  return rule.probability >= 1 || draw(seed_, rule_index, number) < rule.probability;
}

const Fault* FaultPlan::strike(std::string_view path) {
  if (rules_.empty()) return nullptr;
  const std::lock_guard lock(*mutex_);
  const Fault* found = nullptr;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!on_path(rules_[i].path, path)) continue;
    const uint64_t number = ++states_[i].seen;
    if (found != nullptr || !strikes(i, number)) continue;
    ++states_[i].fired;
    found = &rules_[i].fault;
  }
  return found;
}

std::vector<FaultPlan::Count> FaultPlan::counts() const {
  const std::lock_guard lock(*mutex_);
  std::vector<Count> counts;
  for (size_t i = 0; i < rules_.size(); ++i)
    counts.push_back({.name = rules_[i].name, .seen = states_[i].seen, .fired = states_[i].fired});
  return counts;
}

}  // namespace hecate::receive
