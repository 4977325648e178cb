#include "stages/enrich.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

#include "pipeline/check.h"
#include "pipeline/limits.h"

namespace hecate {
namespace {

constexpr std::size_t rejected_groups_max = 4096;

// Sets a field, in place when it is there already: later settings win, the order stays.
void set_field(Fields& fields, const std::string& key, const std::string& value) {
  for (auto& [known, current] : fields) {
    if (known == key) {
      current = value;
      return;
    }
  }
  fields.emplace_back(key, value);
}

std::string_view default_sourcetype(Format format) noexcept {
  switch (format) {
    case Format::cloudwatch:
    case Format::cloudwatch_export:
      return "aws:cloudwatchlogs";
    case Format::cloudtrail:
      return "aws:cloudtrail";
    default:
      return {};
  }
}

const std::string& capture(const Fields& captures, std::string_view key) {
  static const std::string none;
  const auto found = std::find_if(captures.begin(), captures.end(),
                                  [&](const auto& field) { return field.first == key; });
  return found == captures.end() ? none : found->second;
}

bool samples(const RuleConfig& rule) noexcept {
  return rule.action == RuleAction::sample;
}

}  // namespace

LogGroupConvention::LogGroupConvention() = default;
LogGroupConvention::~LogGroupConvention() = default;
LogGroupConvention::LogGroupConvention(LogGroupConvention&&) noexcept = default;
LogGroupConvention& LogGroupConvention::operator=(LogGroupConvention&&) noexcept = default;

Result<LogGroupConvention> LogGroupConvention::make(const LogGroupsConfig& config) {
  LogGroupConvention convention;
  if (config.pattern.empty()) return convention;
  RE2::Options options;
  options.set_log_errors(false);
  convention.pattern_ = std::make_unique<RE2>(config.pattern, options);
  if (!convention.pattern_->ok())
    return fail(Errc::usage, fmt::format("log_groups.pattern: {}", convention.pattern_->error()));
  convention.reject_ = config.unmatched == Unmatched::reject;
  return convention;
}

std::optional<Fields> LogGroupConvention::match(const std::string& log_group) const {
  if (!pattern_) return Fields{};
  const int groups = pattern_->NumberOfCapturingGroups();
  std::vector<re2::StringPiece> parts(static_cast<std::size_t>(groups) + 1);
  if (!pattern_->Match(log_group, 0, log_group.size(), RE2::UNANCHORED, parts.data(), groups + 1))
    return std::nullopt;
  Fields named;
  for (const auto& [group, name] : pattern_->CapturingGroupNames()) {
    const re2::StringPiece& part = parts[static_cast<std::size_t>(group)];
    if (!part.empty()) named.emplace_back(name, std::string(part));
  }
  return named;
}

Enrich::Enrich(std::shared_ptr<const Config> config,
               std::shared_ptr<const LogGroupConvention> convention, OnRejected on_rejected)
    : config_(std::move(config)),
      convention_(std::move(convention)),
      on_rejected_(std::move(on_rejected)) {
  need_ids_ = config_->hec.event_id == EventIdShape::short_id ||
              std::any_of(config_->rules.begin(), config_->rules.end(), samples);
}

Status Enrich::process(Batch& batch) {
  trim();
  ++batch_;
  const Context* context = nullptr;
  const GroupFacts* facts = nullptr;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    Event& event = batch.events[i];
    if (event.fate == Fate::filtered || event.fate == Fate::resumed) continue;
    if (batch.contexts[event.context] != context) {
      context = batch.contexts[event.context];
      facts = &facts_of(*context);
    }
    if (need_ids_) event.id_hash = hash_id(batch, i, *context);
    if (event.fate == Fate::keep && !settle_fate(batch, event, *facts)) continue;
    event.metadata = metadata_index(batch, event, *context);
  }
  return {};
}

// False when the event is filtered.
bool Enrich::settle_fate(Batch& batch, Event& event, const GroupFacts& facts) const {
  if (facts.rejected) {
    event.fate = Fate::filtered;
    ++batch.events_group_rejected;
    return false;
  }
  if (event.rule == no_rule) return true;
  const RuleConfig& rule = config_->rules[event.rule];
  const bool drop = rule.action == RuleAction::drop ||
                    (rule.action == RuleAction::sample && event.id_hash % rule.sample != 0);
  if (!drop) return true;
  event.fate = Fate::filtered;
  ++batch.events_dropped_by_rule;
  return false;
}

const Enrich::GroupFacts& Enrich::facts_of(const Context& context) {
  const auto [slot, is_new] = facts_.try_emplace(context.serial);
  GroupFacts& facts = slot->second;
  if (!is_new) return facts;
  // What has no log group (a file, a CloudTrail record) is not for a naming convention to judge.
  if (context.log_group.empty()) return facts;
  std::optional<Fields> captures = convention_->match(context.log_group);
  if (captures) {
    facts.captures = std::move(*captures);
    return facts;
  }
  facts.rejected = convention_->rejects_unmatched();
  if (facts.rejected && rejected_groups_.size() < rejected_groups_max &&
      rejected_groups_.insert(context.log_group).second && on_rejected_) {
    on_rejected_(context.log_group);
  }
  return facts;
}

std::uint64_t Enrich::hash_id(const Batch& batch, std::size_t i, const Context& context) {
  const Event& event = batch.events[i];
  const bool from_object = event.id_size == 0;
  // Serials start at 1; the object itself takes the place of a context that knows no ids.
  const std::uint64_t wanted = from_object ? 0 : context.serial;
  if (from_object) {
    hasher_.set_prefix({batch.envelope->uri, batch.envelope->identity});
    hasher_context_ = 0;
    return hasher_.hash(batch.first_record + i);
  }
  if (hasher_context_ != wanted) {
    hasher_.set_prefix({context.owner, context.log_group, context.log_stream});
    hasher_context_ = wanted;
  }
  return hasher_.hash(batch.id(event));
}

std::uint32_t Enrich::metadata_index(Batch& batch, const Event& event, const Context& context) {
  // Rules are at most limits::rules_max, which fits in 16 bits; no_rule is the last value.
  const std::uint64_t key = context.serial << 16 | event.rule;
  MetadataSlot& slot = slots_[(key ^ key >> 16) % slots_.size()];
  if (slot.batch == batch_ && slot.context_serial == context.serial && slot.rule == event.rule)
    return slot.index;
  std::unique_ptr<Metadata>& known = metadata_[key];
  if (!known) known = make_metadata(batch, event, context);
  // Two keys that share a slot may list the same metadata twice in one batch, which is harmless.
  batch.metadata.push_back(known.get());
  slot = {context.serial, batch_, static_cast<std::uint32_t>(batch.metadata.size() - 1),
          event.rule};
  return slot.index;
}

std::unique_ptr<Metadata> Enrich::make_metadata(const Batch& batch, const Event& event,
                                                const Context& context) {
  auto metadata = std::make_unique<Metadata>();
  const Fields& captures = facts_of(context).captures;
  metadata->serial = ++serial_;
  metadata->host = context.log_stream.empty() ? context.folder : context.log_stream;
  metadata->source = context.uri.empty() ? context.log_group : context.uri;
  metadata->sourcetype = default_sourcetype(batch.format);
  metadata->log_group = context.log_group;
  metadata->environment = capture(captures, "environment");
  if (metadata->environment.empty()) metadata->environment = config_->environment;
  metadata->application = capture(captures, "application");
  metadata->application_component = capture(captures, "application_component");

  Fields& fields = metadata->fields;
  if (!context.owner.empty()) set_field(fields, "aws_account_id", context.owner);
  for (const auto& [key, value] : config_->fields) set_field(fields, key, value);
  for (const auto& [key, value] : captures) set_field(fields, key, value);
  if (event.rule != no_rule) {
    const RuleSet& set = config_->rules[event.rule].set;
    if (set.host) metadata->host = *set.host;
    if (set.source) metadata->source = *set.source;
    if (set.sourcetype) metadata->sourcetype = *set.sourcetype;
    if (set.index) metadata->index = *set.index;
    if (set.severity) set_field(fields, "severity", *set.severity);
    for (const auto& [key, value] : set.fields) set_field(fields, key, value);
  }
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  return metadata;
}

void Enrich::trim() {
  if (facts_.size() > limits::contexts_max) facts_.clear();
  if (metadata_.size() > limits::contexts_max * 4) {
    metadata_.clear();
    slots_.fill({});
  }
}

}  // namespace hecate
