#include "batch/worker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/check.h"

namespace hecate {
namespace {

// What an object's own failure says about trying again: damage stays, the world may change.
ObjectStatus status_after(Errc code) noexcept {
  switch (code) {
    case Errc::bad_object:
    case Errc::bad_document:
    case Errc::too_large:
      return ObjectStatus::failed;
    default:
      return ObjectStatus::unread;
  }
}

DeadLetterReason reason_of(Errc code) noexcept {
  return code == Errc::bad_document ? DeadLetterReason::bad_document : DeadLetterReason::bad_object;
}

class LogObjectPipeline final : public ObjectPipeline {
 public:
  explicit LogObjectPipeline(LogPipeline pipeline) : pipeline_(std::move(pipeline)) {}

  Status open(const Envelope& envelope, ByteReader& object, std::uint64_t resume_from) override {
    return pipeline_.source().open(envelope, object, resume_from);
  }
  Result<bool> next(Batch& batch) override { return pipeline_.next(batch); }
  [[nodiscard]] std::uint64_t records() const override { return pipeline_.source().records(); }
  [[nodiscard]] std::uint64_t bytes_in() const override { return pipeline_.source().bytes_in(); }
  [[nodiscard]] std::uint64_t bytes_out() const override { return pipeline_.source().bytes_out(); }

 private:
  LogPipeline pipeline_;
};

}  // namespace

std::unique_ptr<ObjectPipeline> as_object_pipeline(LogPipeline pipeline) {
  return std::make_unique<LogObjectPipeline>(std::move(pipeline));
}

Status Worker::run() {
  while (!ports_.stopped()) {
    Result<std::optional<Listed>> listed = ports_.objects.next();
    if (!listed) return fail(std::move(listed.error()));
    if (!*listed) return batcher_.flush();
    if (Status done = process(**listed); !done) return done;
  }
  return fail(Errc::interrupted, "stopped");
}

Status Worker::process(const Listed& listed) {
  if (listed.error) {
    Metrics::add(ports_.metrics.objects_failed, 1);
    return dead_letter_object(listed.object, *listed.error);
  }
  Result<std::shared_ptr<ObjectProgress>> object = ports_.ledger.open(listed.object);
  if (!object) return fail(std::move(object.error()));
  if (!*object) {
    ports_.skipped(listed.object);
    return {};
  }
  return read_object(*object);
}

Status Worker::read_object(const std::shared_ptr<ObjectProgress>& object) {
  const Envelope& envelope = object->envelope();
  bytes_in_counted_ = bytes_out_counted_ = 0;
  Result<std::unique_ptr<ByteReader>> reader = ports_.store.open(envelope);
  if (!reader) return give_up_object(object.get(), envelope, object->resume_from(), reader.error());
  if (Status opened = pipeline_->open(envelope, **reader, object->resume_from()); !opened)
    return give_up_object(object.get(), envelope, object->resume_from(), opened.error());
  while (true) {
    if (ports_.stopped()) return fail(Errc::interrupted, "stopped");
    Result<bool> more = pipeline_->next(batch_);
    count_bytes();
    if (!more) return give_up_object(object.get(), envelope, pipeline_->records(), more.error());
    if (!*more) return ports_.ledger.finish(*object, pipeline_->records(), ObjectStatus::done);
    if (Status taken = take_batch(object); !taken) return taken;
  }
}

Status Worker::take_batch(const std::shared_ptr<ObjectProgress>& object) {
  if (Status written = write_dead_letters(object->envelope()); !written) return written;
  count_batch();
  return batcher_.add(batch_, object);
}

// Before the events are counted or their segment goes on its way: dead letters come first.
Status Worker::write_dead_letters(const Envelope& envelope) {
  for (std::size_t i = 0; i < batch_.events.size(); ++i) {
    const Event& event = batch_.events[i];
    if (event.fate != Fate::dead_letter) continue;
    const std::size_t begin = i == 0 ? 0 : batch_.encoded_ends[i - 1];
    const std::size_t size = batch_.encoded_ends[i] - begin;
    check(size > 0, "a dead letter's event is encoded");
    const bool too_large = event.fault == Fault::too_large;
    DeadLetter letter;
    letter.reason = too_large ? DeadLetterReason::too_large : DeadLetterReason::bad_document;
    letter.detail = too_large
                        ? "the message is larger than hec.max_event_bytes; its beginning is kept"
                        : "the record is not a log event as its format has it";
    letter.uri = envelope.uri;
    letter.etag = envelope.identity;
    letter.record = batch_.first_record + i;
    letter.time_ms = ports_.clock.epoch_ms();
    letter.event = batch_.encoded.view(begin, size - 1);  // without its newline
    Result<DeadLettered> written = ports_.dead_letters.write(letter);
    if (!written) return fail(std::move(written.error()));
  }
  return {};
}

Status Worker::give_up_object(ObjectProgress* object, const Envelope& envelope,
                              std::uint64_t records, const Error& error) {
  if (error.code == Errc::interrupted || error.code == Errc::internal) return fail(error);
  if (Status written = dead_letter_object(envelope, error); !written) return written;
  // A reader may have failed before it got to where an earlier run was.
  return ports_.ledger.finish(*object, std::max(records, object->resume_from()),
                              status_after(error.code), error.message);
}

Status Worker::dead_letter_object(const Envelope& envelope, const Error& error) {
  ports_.notice(fmt::format("{}: {}; object dead-lettered", envelope.uri, error.message));
  DeadLetter letter;
  letter.reason = reason_of(error.code);
  letter.detail = error.message;
  letter.uri = envelope.uri;
  letter.etag = envelope.identity;
  letter.time_ms = ports_.clock.epoch_ms();
  Result<DeadLettered> written = ports_.dead_letters.write(letter);
  if (!written) return fail(std::move(written.error()));
  return {};
}

void Worker::count_batch() {
  std::uint64_t resumed = 0;
  std::uint64_t filtered = 0;
  std::uint64_t dead_lettered = 0;
  for (const Event& event : batch_.events) {
    resumed += event.fate == Fate::resumed ? 1 : 0;
    filtered += event.fate == Fate::filtered ? 1 : 0;
    dead_lettered += event.fate == Fate::dead_letter ? 1 : 0;
  }
  Metrics& metrics = ports_.metrics;
  Metrics::add(metrics.events_read, batch_.events.size() - resumed);
  Metrics::add(metrics.events_resumed, resumed);
  Metrics::add(metrics.events_filtered, filtered);
  Metrics::add(metrics.events_dead_lettered, dead_lettered);
  Metrics::add(metrics.events_blank, batch_.events_blank);
  Metrics::add(metrics.events_dropped_by_rule, batch_.events_dropped_by_rule);
  Metrics::add(metrics.events_group_rejected, batch_.events_group_rejected);
  Metrics::add(metrics.events_repaired, batch_.events_repaired);
  Metrics::add(metrics.events_truncated, batch_.events_truncated);
  Metrics::add(metrics.events_without_time, batch_.events_without_time);
  Metrics::add(metrics.control_messages, batch_.control_messages);
}

void Worker::count_bytes() {
  const std::uint64_t bytes_in = pipeline_->bytes_in();
  const std::uint64_t bytes_out = pipeline_->bytes_out();
  Metrics::add(ports_.metrics.bytes_compressed, bytes_in - bytes_in_counted_);
  Metrics::add(ports_.metrics.bytes_uncompressed, bytes_out - bytes_out_counted_);
  bytes_in_counted_ = bytes_in;
  bytes_out_counted_ = bytes_out;
}

}  // namespace hecate
