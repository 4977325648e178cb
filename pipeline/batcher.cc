#include "pipeline/batcher.h"

#include <utility>

#include "pipeline/check.h"

namespace hecate {
namespace {

// Bookkeeping alone fills a request too: a folder of files whose every event is filtered.
constexpr std::size_t segments_max = 4096;

}  // namespace

Status Batcher::add(const Batch& batch, const std::shared_ptr<ObjectProgress>& object) {
  check(batch.encoded_ends.size() == batch.events.size(), "a batcher takes encoded batches");
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    const std::uint64_t record = batch.first_record + i;
    const std::size_t end = batch.encoded_ends[i];
    const std::size_t begin = i == 0 ? 0 : batch.encoded_ends[i - 1];
    if (event.fate == Fate::resumed) continue;
    if (request_ && is_full(event.fate == Fate::keep ? end - begin : 0)) {
      if (Status flushed = flush(); !flushed) return flushed;
    }
    if (!request_) {
      if (Status begun = begin_request(); !begun) return begun;
    }
    Segment& segment = segment_for(object, record);
    segment.end_record = record + 1;
    if (event.fate == Fate::filtered) {
      ++segment.filtered;
    } else if (event.fate == Fate::dead_letter) {
      ++segment.dead_lettered;
    } else {
      request_->body.append(batch.encoded.view(begin, end - begin));
      request_->events.push_back({static_cast<std::uint32_t>(request_->body.size()),
                                  static_cast<std::uint32_t>(request_->segments.size() - 1),
                                  record});
    }
  }
  return flush_if_due();
}

bool Batcher::is_full(std::size_t more_bytes) const noexcept {
  const Request& request = *request_;
  if (request.segments.size() >= segments_max || request.events.size() >= limits_.events)
    return true;
  return !request.events.empty() && request.body.size() + more_bytes > limits_.bytes;
}

Segment& Batcher::segment_for(const std::shared_ptr<ObjectProgress>& object, std::uint64_t record) {
  std::vector<Segment>& segments = request_->segments;
  if (segments.empty() || segments.back().object != object ||
      segments.back().end_record != record) {
    segments.push_back({object, record, record, 0, 0});
  }
  return segments.back();
}

Status Batcher::begin_request() {
  request_ = pool_.take();
  if (!request_) return fail(Errc::interrupted, "stopped");
  begun_ = clock_.now();
  return {};
}

Status Batcher::flush() {
  if (!request_) return {};
  return sink_.submit(std::move(request_));
}

Status Batcher::flush_if_due() {
  if (!request_ || clock_.now() - begun_ < limits_.wait) return {};
  return flush();
}

}  // namespace hecate
