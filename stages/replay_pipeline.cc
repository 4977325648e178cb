#include "stages/replay_pipeline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/limits.h"

namespace hecate {
namespace {

/// Encoded bytes after which a batch is handed on.
constexpr std::size_t batch_bytes_enough = 1 * limits::mib;

bool is_full(const Batch& batch) noexcept {
  return batch.events.size() >= limits::batch_events_max ||
         batch.encoded.size() >= batch_bytes_enough;
}

}  // namespace

ReplayPipeline::ReplayPipeline(LogPipeline logs, Notice notice)
    : kernels_(select_scan_kernels()), logs_(std::move(logs)), notice_(std::move(notice)) {
}

Status ReplayPipeline::open(const Envelope& envelope, ByteReader& object,
                            std::uint64_t resume_from) {
  envelope_ = &envelope;
  resume_from_ = resume_from;
  records_ = dead_letters_ = problems_ = 0;
  first_problem_.clear();
  inside_ = Inside::nothing;
  documents_.open(decompress_);
  return decompress_.open(object);
}

Result<bool> ReplayPipeline::next(Batch& batch) {
  begin(batch);
  while (!is_full(batch)) {
    if (inside_ == Inside::logs) {
      if (!batch.events.empty()) return true;  // the inner pipeline starts with an empty batch
      Result<bool> more = next_of_logs(batch);
      if (!more || *more) return more;
      begin(batch);
    } else if (inside_ == Inside::hec_events) {
      take_hec_event(batch);
    } else if (!take_dead_letter(batch)) {
      if (!batch.events.empty()) return true;
      return end_of_object();
    }
  }
  return true;
}

void ReplayPipeline::begin(Batch& batch) const {
  batch.clear();
  batch.envelope = envelope_;
  batch.format = Format::automatic;
  batch.first_record = records_;
}

// False when there are no more.
bool ReplayPipeline::take_dead_letter(Batch& batch) {
  const std::optional<JsonDocument> document = documents_.next();
  if (!document) return false;
  line_ = document->line;
  if (!document->problem.empty()) {
    note_problem(std::string(document->problem));
    return true;
  }
  Result<DeadLetterDocument> letter = reader_.read(document->text);
  if (!letter) {
    note_problem(letter.error().message);
    return true;
  }
  ++dead_letters_;
  letter_ = std::move(*letter);
  if (letter_.kind == DeadLetterKind::own) {
    take_own(batch);
  } else if (Status entered = enter_data(batch, document->number); !entered) {
    note_problem(entered.error().message);
  }
  return true;
}

void ReplayPipeline::take_own(Batch& batch) {
  if (!letter_.event.empty()) return append_event(batch, letter_.event);
  note_problem(fmt::format("{} was dead-lettered as a whole ({}); repair it and backfill it",
                           letter_.record.uri, dead_letter_reason_name(letter_.record.reason)));
}

Status ReplayPipeline::enter_data(Batch& batch, std::uint64_t number) {
  if (Status opened = base64_.open(letter_.base64()); !opened) return opened;
  inside_envelope_ = *envelope_;
  inside_envelope_.identity += fmt::format("#{}", number);
  inside_envelope_.size_bytes = 0;
  if (letter_.arrival_ms) inside_envelope_.modified_ms = *letter_.arrival_ms;
  inside_first_record_ = records_;
  if (letter_.kind == DeadLetterKind::lambda) return enter_logs();
  // Of what was on its way to Splunk through Firehose, the first object tells what all are.
  hec_events_.open(base64_);
  const std::optional<JsonDocument> first = hec_events_.next();
  if (first && first->problem.empty() && is_hec_event(first->text, kernels_)) {
    append_event(batch, first->text);
    inside_ = Inside::hec_events;
    return {};
  }
  if (Status again = base64_.open(letter_.base64()); !again) return again;
  return enter_logs();
}

Status ReplayPipeline::enter_logs() {
  const std::uint64_t resumed = resume_from_ - std::min(resume_from_, inside_first_record_);
  Status opened = logs_.source().open(inside_envelope_, base64_, resumed);
  if (opened) inside_ = Inside::logs;
  return opened;
}

// False when what is inside the dead letter has ended, well or not.
Result<bool> ReplayPipeline::next_of_logs(Batch& batch) {
  Result<bool> more = logs_.next(batch);
  if (more && *more) {
    batch.first_record += inside_first_record_;
    records_ = batch.first_record + batch.events.size();
    return true;
  }
  inside_ = Inside::nothing;
  if (more) return false;
  const Errc code = more.error().code;
  if (code == Errc::internal || code == Errc::interrupted) return more;
  note_problem("its data: " + more.error().message);
  return false;
}

void ReplayPipeline::take_hec_event(Batch& batch) {
  const std::optional<JsonDocument> event = hec_events_.next();
  if (!event) {
    inside_ = Inside::nothing;
    if (hec_events_.failure()) note_problem("its data: " + hec_events_.failure()->message);
    return;
  }
  if (event->problem.empty() && is_hec_event(event->text, kernels_))
    return append_event(batch, event->text);
  note_problem(
      fmt::format("its data: piece {} is no HEC event, unlike those before it", event->number));
}

void ReplayPipeline::append_event(Batch& batch, std::string_view event) {
  const std::size_t begin = batch.encoded.size();
  batch.encoded.append(event);
  // Between tokens only, and an event is one line.
  std::replace_if(
      batch.encoded.data() + begin, batch.encoded.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
  batch.encoded.append('\n');
  batch.encoded_ends.push_back(static_cast<std::uint32_t>(batch.encoded.size()));
  Event& record = batch.events.emplace_back();
  if (records_ < resume_from_) record.fate = Fate::resumed;
  ++records_;
}

void ReplayPipeline::note_problem(const std::string& sentence) {
  ++problems_;
  if (first_problem_.empty()) first_problem_ = fmt::format("line {}: {}", line_, sentence);
  if (notice_ && problems_ <= named_max)
    notice_(fmt::format("{}:{}: cannot be sent again: {}", envelope_->uri, line_, sentence));
}

Result<bool> ReplayPipeline::end_of_object() {
  if (documents_.failure()) return fail(*documents_.failure());
  if (problems_ == 0) return false;
  if (dead_letters_ == 0) {
    return fail(Errc::bad_object,
                fmt::format("there are no dead letters in it; {}", first_problem_));
  }
  return fail(
      Errc::bad_document,
      fmt::format("{} of its {} dead letters could not be sent again, or only in part; the "
                  "first in {}",
                  std::min(problems_, documents_.count()), documents_.count(), first_problem_));
}

}  // namespace hecate
