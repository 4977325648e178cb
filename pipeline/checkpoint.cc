// checkpoint: the ledger.
//
// What is saved of an object always describes a prefix of its records: position and counts move
// together, so that delivered + filtered + dead-lettered = records settled holds in the store at
// all times and is checked whenever a state is taken up or closed. Work per settlement is bound by
// the request's segments; the number of open objects does not matter.
#include "pipeline/checkpoint.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "pipeline/check.h"
#include "pipeline/request.h"

namespace hecate {
namespace {

/// Finished objects kept back for one save: to read them again after a crash costs only time.
constexpr std::size_t dirty_states_max = 256;

bool is_conserved(const ObjectState& state) noexcept {
  return state.events_delivered + state.events_filtered + state.events_dead_lettered ==
         state.records_settled;
}

}  // namespace

Result<std::shared_ptr<ObjectProgress>> Ledger::open(const Envelope& envelope) {
  const std::scoped_lock lock(mutex_);
  auto object = std::make_shared<ObjectProgress>();
  object->envelope_ = envelope;
  object->state_.uri = envelope.uri;
  object->state_.identity = envelope.identity;
  if (store_ != nullptr) {
    Result<std::optional<ObjectState>> known = store_->load(envelope.uri, envelope.identity);
    if (!known) return fail(std::move(known.error()));
    if (*known) object->state_ = std::move(**known);
  }
  ObjectState& state = object->state_;
  if (!is_conserved(state)) {
    return fail(Errc::corrupt_state,
                fmt::format("{}: the counts in the checkpoint contradict each other; start over "
                            "with --fresh",
                            envelope.uri));
  }
  if (state.status == ObjectStatus::done || state.status == ObjectStatus::failed) {
    Metrics::add(metrics_.objects_skipped, 1);
    return std::shared_ptr<ObjectProgress>();
  }
  state.status = ObjectStatus::partial;
  state.last_error.clear();
  object->resume_from_ = state.records_settled;
  ++objects_open_;
  return object;
}

Status Ledger::settle(const Request& request, Delivery delivered, DeadLettered dead_lettered,
                      std::span<const std::uint32_t> dead_events) {
  const std::scoped_lock lock(mutex_);
  check(delivered.events() + dead_lettered.events() == request.events.size(),
        "every event of a request is settled, and once");
  check(dead_events.size() == dead_lettered.events(), "every dead letter names its event");

  dead_by_segment_.assign(request.segments.size(), 0);
  for (const std::uint32_t event : dead_events) {
    check(event < request.events.size(), "a dead letter names an event of its request");
    const std::uint32_t segment = request.events[event].segment;
    check(segment < request.segments.size(), "an event belongs to a segment of its request");
    ++dead_by_segment_[segment];
  }
  std::uint64_t events = 0;
  for (const Segment& segment : request.segments) {
    const std::uint64_t records = segment.end_record - segment.first_record;
    check(segment.first_record <= segment.end_record &&
              segment.filtered + segment.dead_lettered <= records,
          "a segment counts no more records than it has");
    events += records - segment.filtered - segment.dead_lettered;
  }
  check(events == request.events.size(), "every record of a segment has its fate");

  for (std::size_t i = 0; i < request.segments.size(); ++i) {
    settle_segment(request.segments[i], dead_by_segment_[i]);
  }
  Metrics::add(metrics_.events_delivered, delivered.events());
  Metrics::add(metrics_.events_dead_lettered, dead_lettered.events());
  return save_dirty();
}

void Ledger::settle_segment(const Segment& segment, std::uint64_t dead_events) {
  check(segment.object != nullptr, "a segment belongs to an object");
  ObjectProgress& object = *segment.object;
  const std::uint64_t records = segment.end_record - segment.first_record;
  const std::uint64_t events = records - segment.filtered - segment.dead_lettered;
  check(dead_events <= events, "no more events die than a segment has");
  check(!object.records_total_ || segment.end_record <= *object.records_total_,
        "no record is settled beyond the end of its object");
  if (records == 0) return;
  check(!object.closed_, "no record of a closed object is settled");
  const SettledRange range{segment.end_record, events - dead_events, segment.filtered,
                           segment.dead_lettered + dead_events};
  const bool moved = advance(object, segment.first_record, range);
  const bool closed = close_if_settled(object);
  if (moved || closed) mark_dirty(object);
}

bool Ledger::advance(ObjectProgress& object, std::uint64_t first, const SettledRange& range) {
  ObjectState& state = object.state_;
  auto& ahead = object.settled_ahead_;
  const auto next = ahead.lower_bound(first);
  check(first >= state.records_settled &&
            (next == ahead.end() || range.end_record <= next->first) &&
            (next == ahead.begin() || std::prev(next)->second.end_record <= first),
        "no record is settled twice");
  ahead.emplace_hint(next, first, range);
  bool moved = false;
  while (!ahead.empty() && ahead.begin()->first == state.records_settled) {
    const SettledRange& settled = ahead.begin()->second;
    state.records_settled = settled.end_record;
    state.events_delivered += settled.delivered;
    state.events_filtered += settled.filtered;
    state.events_dead_lettered += settled.dead_lettered;
    ahead.erase(ahead.begin());
    moved = true;
  }
  return moved;
}

bool Ledger::close_if_settled(ObjectProgress& object) {
  ObjectState& state = object.state_;
  const bool settled = object.records_total_ && state.records_settled >= *object.records_total_;
  if (!settled || object.closed_) return false;
  check(is_conserved(state), "every record of an object was delivered, filtered or dead-lettered");
  check(
      object.final_status_ != ObjectStatus::done || state.records_settled == *object.records_total_,
      "an object that is done has all of its records settled and no more");
  object.closed_ = true;
  state.status = object.final_status_;
  state.last_error = std::move(object.final_error_);
  --objects_open_;
  Metrics::add(state.status == ObjectStatus::done ? metrics_.objects_done : metrics_.objects_failed,
               1);
  return true;
}

Status Ledger::finish(ObjectProgress& object, std::uint64_t records_total, ObjectStatus status,
                      std::string last_error) {
  const std::scoped_lock lock(mutex_);
  check(status != ObjectStatus::partial, "a finished object is done, failed or unread");
  check(!object.records_total_, "an object is finished once");
  const std::uint64_t settled_in_this_run = object.state_.records_settled - object.resume_from_;
  const std::uint64_t settled_end = object.settled_ahead_.empty()
                                        ? object.state_.records_settled
                                        : object.settled_ahead_.rbegin()->second.end_record;
  const bool any_settled = settled_in_this_run > 0 || !object.settled_ahead_.empty();
  check(!any_settled || settled_end <= records_total,
        "no record is settled beyond the end of its object");
  if (status == ObjectStatus::done && records_total < object.resume_from_) {
    return fail(Errc::corrupt_state,
                fmt::format("{}: the checkpoint has {} of its records, but there are {} in it; was "
                            "it read with another --format? Start over with --fresh",
                            object.envelope_.uri, object.resume_from_, records_total));
  }
  object.records_total_ = records_total;
  object.final_status_ = status;
  object.final_error_ = std::move(last_error);
  if (!close_if_settled(object)) return {};
  mark_dirty(object);
  // A damaged object is in the dead letters by now; reading it again would put it there twice.
  const bool save_now = status == ObjectStatus::failed || dirty_.size() >= dirty_states_max;
  return save_now ? save_dirty() : Status();
}

Status Ledger::flush() {
  const std::scoped_lock lock(mutex_);
  return save_dirty();
}

std::uint64_t Ledger::objects_open() const {
  const std::scoped_lock lock(mutex_);
  return objects_open_;
}

void Ledger::mark_dirty(ObjectProgress& object) {
  if (store_ == nullptr) return;
  if (object.dirty_epoch_ == epoch_) {
    dirty_[object.dirty_slot_] = object.state_;
    return;
  }
  object.dirty_epoch_ = epoch_;
  object.dirty_slot_ = dirty_.size();
  dirty_.push_back(object.state_);
}

Status Ledger::save_dirty() {
  if (dirty_.empty()) return {};
  if (Status saved = store_->save(dirty_); !saved) return saved;
  dirty_.clear();
  ++epoch_;
  return {};
}

}  // namespace hecate
