#include "stages/classify.h"

#include <algorithm>

#include <hs/hs.h>
#include <re2/re2.h>

#include "pipeline/limits.h"

namespace hecate {

// What the engine's callbacks need to know.
struct ClassifyReports {
  Classify* stage;
  Batch* batch;

  static int on_match(unsigned rule, unsigned long long, unsigned long long end, unsigned,
                      void* self) {
    auto& reports = *static_cast<ClassifyReports*>(self);
    reports.stage->report(*reports.batch, static_cast<std::uint16_t>(rule), end);
    return 0;
  }
};

Classify::Classify(std::shared_ptr<const CompiledRules> rules) : rules_(std::move(rules)) {
  any_conditions_ = std::any_of(rules_->rules().begin(), rules_->rules().end(),
                                [](const auto& rule) { return rule.log_group != nullptr; });
  for (std::size_t i = 0; i < rules_->rules().size(); ++i) {
    const ScanPattern& scan = rules_->rules()[i].scan;
    if (!scan.bits.empty()) bit_scan_.add(static_cast<std::uint16_t>(i), scan.bits);
  }
  last_candidate_.resize(rules_->rules().size());
  confirm_ready_.resize(rules_->rules().size());
}

Status Classify::process(Batch& batch) {
  if (rules_->rules().empty()) return {};
  if (Status ready = prepare_scratch(); !ready) return ready;
  prepare_events(batch);
  if (Status scanned = scan_together(batch); !scanned) return scanned;
  if (Status scanned = scan_singly(batch); !scanned) return scanned;
  return confirm_candidates(batch);
}

Status Classify::prepare_scratch() {
  if (scratch_ready_) return {};
  for (const hs_database* database : {rules_->scan_database(), rules_->single_database()}) {
    if (database == nullptr) continue;
    if (Status prepared = scratch_.prepare(*database); !prepared) return prepared;
  }
  scratch_ready_ = true;
  return {};
}

const Classify::GroupRules& Classify::group_rules(const Context& context) {
  const auto [slot, is_new] = groups_.try_emplace(any_conditions_ ? context.serial : 0);
  GroupRules& group = slot->second;
  if (!is_new) return group;
  const auto& rules = rules_->rules();
  if (any_conditions_) group.excluded.resize(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const bool excluded =
        rules[i].log_group != nullptr && !RE2::PartialMatch(context.log_group, *rules[i].log_group);
    if (excluded) group.excluded[i] = true;
    if (!excluded && rules[i].scan.always && group.always == no_rule)
      group.always = static_cast<std::uint16_t>(i);
  }
  return group;
}

void Classify::prepare_events(Batch& batch) {
  if (groups_.size() > limits::contexts_max) groups_.clear();
  of_context_.clear();
  for (const Context* context : batch.contexts) of_context_.push_back(&group_rules(*context));
  places_.clear();
  candidates_.clear();
  std::fill(last_candidate_.begin(), last_candidate_.end(), 0U);
  cursor_ = 0;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    Event& event = batch.events[i];
    if (event.fate != Fate::keep) continue;
    event.rule = of_context_[event.context]->always;
    places_.push_back({event.text_begin + event.text_size, static_cast<std::uint32_t>(i)});
  }
}

Status Classify::scan_together(Batch& batch) {
  bit_scan_.scan(batch.messages.view(),
                 [&](std::uint16_t rule, std::size_t end) { report(batch, rule, end); });
  if (rules_->scan_database() == nullptr || batch.messages.empty()) return {};
  ClassifyReports reports{this, &batch};
  const hs_error_t code = hs_scan(rules_->scan_database(), batch.messages.data(),
                                  static_cast<unsigned>(batch.messages.size()), 0, scratch_.get(),
                                  &ClassifyReports::on_match, &reports);
  if (code != HS_SUCCESS) return fail(Errc::internal, "the pattern engine failed to scan");
  return {};
}

// A match that ends at `end` ends with the byte before it: the message that holds this byte had it.
void Classify::report(Batch& batch, std::uint16_t rule, std::uint64_t end) {
  if (cursor_ > 0 && end <= places_[cursor_ - 1].end) {  // reports come in order, as a rule
    cursor_ = static_cast<std::size_t>(
        std::lower_bound(places_.begin(), places_.end(), end,
                         [](const Place& place, std::uint64_t at) { return place.end < at; }) -
        places_.begin());
  }
  while (cursor_ < places_.size() && places_[cursor_].end < end) ++cursor_;
  if (cursor_ == places_.size()) return;
  Event& event = batch.events[places_[cursor_].event];
  if (end <= event.text_begin || rule >= event.rule) return;  // in the gap, or a later rule
  const GroupRules& group = *of_context_[event.context];
  if (!group.excluded.empty() && group.excluded[rule]) return;
  const CompiledRules::Certainty certainty = rules_->rules()[rule].certainty;
  if (certainty == CompiledRules::Certainty::sure ||
      (certainty == CompiledRules::Certainty::sure_in_one_line &&
       batch.message(event).find('\n') == std::string_view::npos)) {
    event.rule = rule;
    return;
  }
  const std::uint32_t mark = places_[cursor_].event + 1;
  if (last_candidate_[rule] == mark) return;
  last_candidate_[rule] = mark;
  candidates_.emplace_back(places_[cursor_].event, rule);
}

Status Classify::scan_singly(Batch& batch) {
  const hs_database* database = rules_->single_database();
  if (database == nullptr) return {};
  struct Reports {
    const GroupRules* group;
    std::uint16_t best;
    static int on_match(unsigned rule, unsigned long long, unsigned long long, unsigned,
                        void* self) {
      auto& reports = *static_cast<Reports*>(self);
      const bool excluded = !reports.group->excluded.empty() && reports.group->excluded[rule];
      if (!excluded && rule < reports.best) reports.best = static_cast<std::uint16_t>(rule);
      return 0;
    }
  };
  for (const Place& place : places_) {
    Event& event = batch.events[place.event];
    Reports reports{of_context_[event.context], event.rule};
    if (hs_scan(database, batch.messages.data() + event.text_begin, event.text_size, 0,
                scratch_.get(), &Reports::on_match, &reports) != HS_SUCCESS) {
      return fail(Errc::internal, "the pattern engine failed to scan a message");
    }
    event.rule = reports.best;
  }
  return {};
}

Status Classify::confirm_candidates(Batch& batch) {
  std::sort(candidates_.begin(), candidates_.end());
  for (const auto& [index, rule] : candidates_) {
    Event& event = batch.events[index];
    if (rule >= event.rule) continue;
    Result<bool> matched = matches_alone(rule, batch.message(event));
    if (!matched) return fail(std::move(matched.error()));
    if (*matched) event.rule = rule;
  }
  return {};
}

Result<bool> Classify::matches_alone(std::uint16_t rule, std::string_view message) {
  const hs_database* database = rules_->confirm_database(rule);
  if (database == nullptr) return fail(Errc::internal, "the pattern engine failed to compile");
  if (!confirm_ready_[rule]) {
    if (Status prepared = scratch_.prepare(*database); !prepared)
      return fail(std::move(prepared.error()));
    confirm_ready_[rule] = true;
  }
  bool matched = false;
  const auto on_match = [](unsigned, unsigned long long, unsigned long long, unsigned,
                           void* self) -> int {
    *static_cast<bool*>(self) = true;
    return 1;  // one is enough
  };
  const hs_error_t code = hs_scan(database, message.data(), static_cast<unsigned>(message.size()),
                                  0, scratch_.get(), on_match, &matched);
  if (code != HS_SUCCESS && code != HS_SCAN_TERMINATED)
    return fail(Errc::internal, "the pattern engine failed to scan a message");
  return matched;
}

}  // namespace hecate
