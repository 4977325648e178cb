// classify: which rule an event falls under: the first in file order that matches its message.
//
// Stage: unescaped -> classified. All messages of a batch lie one behind another with a newline
// between them, and are scanned for all patterns in one go: starting the engine for each message
// costs more than the search itself. A reported end belongs to the message it lies in. Reports that
// may owe to the neighbourhood (a match across the newline, an anchor at an inner line) are
// confirmed in the message alone. Rules that do not apply to a log group are not reported for it.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pipeline/batch.h"
#include "pipeline/pipeline.h"
#include "stages/bit_scan.h"
#include "stages/rules.h"

namespace hecate {

class Classify {
 public:
  static constexpr const char* name = "classify";
  static constexpr Phase from = Phase::unescaped;
  static constexpr Phase to = Phase::classified;

  explicit Classify(std::shared_ptr<const CompiledRules> rules);
  Status process(Batch& batch);

 private:
  friend struct ClassifyReports;
  // What a log group means for the rules.
  struct GroupRules {
    std::vector<bool> excluded;      // per rule; empty: none is
    std::uint16_t always = no_rule;  // the first rule that matches anything
  };
  struct Place {
    std::uint32_t end = 0;    // of the message in batch.messages
    std::uint32_t event = 0;  // index into batch.events
  };

  const GroupRules& group_rules(const Context& context);
  void prepare_events(Batch& batch);
  Status scan_together(Batch& batch);
  Status scan_singly(Batch& batch);
  Status confirm_candidates(Batch& batch);
  void report(Batch& batch, std::uint16_t rule, std::uint64_t end);
  Result<bool> matches_alone(std::uint16_t rule, std::string_view message);
  Status prepare_scratch();

  std::shared_ptr<const CompiledRules> rules_;
  BitScan bit_scan_;  // for patterns without a word in them
  HsScratch scratch_;
  bool scratch_ready_ = false;
  bool any_conditions_ = false;
  std::vector<bool> confirm_ready_;                       // per rule: scratch_ fits its database
  std::unordered_map<std::uint64_t, GroupRules> groups_;  // by context serial
  std::vector<const GroupRules*> of_context_;             // parallel to batch.contexts
  std::vector<Place> places_;                             // in the order of the messages
  std::size_t cursor_ = 0;                                // where in places_ the last report fell
  std::vector<std::pair<std::uint32_t, std::uint16_t>> candidates_;  // (event, rule) to confirm
  std::vector<std::uint32_t> last_candidate_;                        // per rule: event + 1
};
static_assert(Stage<Classify>);

}  // namespace hecate
