// enrich: from a matched rule to what is sent along with the event.
//
// Stage: classified -> enriched. Settles, per event: whether its log group is wanted at all, what
// its rule does (keep, drop, sample), its id, and its metadata (host, source, sourcetype, index,
// fields). Metadata is the same for all events of a context and rule, so it is made once and
// referred to. Rules' templates and tokens are not its business.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pipeline/batch.h"
#include "pipeline/config.h"
#include "pipeline/pipeline.h"
#include "stages/event_id.h"

namespace re2 {
class RE2;
}

namespace hecate {

/// The naming convention of log groups: which are wanted, and what their names tell.
class LogGroupConvention {
 public:
  /// Errc::usage when the pattern is not RE2 syntax.
  static Result<LogGroupConvention> make(const LogGroupsConfig& config);
  ~LogGroupConvention();
  LogGroupConvention(LogGroupConvention&&) noexcept;
  LogGroupConvention& operator=(LogGroupConvention&&) noexcept;

  /// The named parts of `log_group`; nothing when it does not match. No pattern: matches all.
  [[nodiscard]] std::optional<Fields> match(const std::string& log_group) const;
  [[nodiscard]] bool rejects_unmatched() const noexcept { return reject_; }

 private:
  LogGroupConvention();
  std::unique_ptr<re2::RE2> pattern_;  // null: no convention
  bool reject_ = false;
};

class Enrich {
 public:
  static constexpr const char* name = "enrich";
  static constexpr Phase from = Phase::classified;
  static constexpr Phase to = Phase::enriched;

  /// Called once for each log group that is rejected (the first few thousand of them).
  using OnRejected = std::function<void(std::string_view log_group)>;

  Enrich(std::shared_ptr<const Config> config, std::shared_ptr<const LogGroupConvention> convention,
         OnRejected on_rejected);
  Status process(Batch& batch);

 private:
  struct GroupFacts {
    bool rejected = false;
    Fields captures;
  };
  struct MetadataSlot {
    std::uint64_t context_serial = 0;
    std::uint64_t batch = 0;
    std::uint32_t index = 0;
    std::uint16_t rule = no_rule;
  };

  const GroupFacts& facts_of(const Context& context);
  bool settle_fate(Batch& batch, Event& event, const GroupFacts& facts) const;
  std::uint32_t metadata_index(Batch& batch, const Event& event, const Context& context);
  std::unique_ptr<Metadata> make_metadata(const Batch& batch, const Event& event,
                                          const Context& context);
  std::uint64_t hash_id(const Batch& batch, std::size_t i, const Context& context);
  void trim();

  std::shared_ptr<const Config> config_;
  std::shared_ptr<const LogGroupConvention> convention_;
  OnRejected on_rejected_;
  bool need_ids_ = true;
  std::unordered_map<std::uint64_t, GroupFacts> facts_;                    // by context serial
  std::unordered_map<std::uint64_t, std::unique_ptr<Metadata>> metadata_;  // by serial and rule
  std::array<MetadataSlot, 256> slots_{};                                  // in front of metadata_
  std::unordered_set<std::string> rejected_groups_;
  IdHasher hasher_;
  std::uint64_t hasher_context_ = 0;
  std::uint64_t batch_ = 0;
  std::uint64_t serial_ = 0;
};
static_assert(Stage<Enrich>);

}  // namespace hecate
