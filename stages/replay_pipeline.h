// replay_pipeline: dead letters in, batches ready to be sent out.
//
//                          ┌─ hecate's own ────────▶ the event, byte for byte as it was kept ─▶┐
//   bytes ─▶ JsonDocuments ┼─ Firehose, HEC events ▶ each event, as it was to be sent ────────▶┼▶
//   batch Decompress             └─ Firehose, Lambda ────▶ Base64Reader ─▶ LogPipeline
//   ─────────────▶┘
//
// The content tells, dead letter by dead letter. Records are numbered through the object, however
// many a dead letter yields, so that a replay resumes as a backfill does. Inside a LogPipeline each
// dead letter is an object of its own (the file's uri; the file's identity and the number of the
// dead letter), so event ids do not change from one replay to the next.
//
// What cannot be sent again never stops the rest: it is named while the object is read, and told in
// an Error at its end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/object_pipeline.h"
#include "stages/base64.h"
#include "stages/dead_letter_document.h"
#include "stages/decompress.h"
#include "stages/json_documents.h"
#include "stages/log_pipeline.h"
#include "stages/notice.h"

namespace hecate {

class ReplayPipeline final : public ObjectPipeline {
 public:
  /// Dead letters of one object that are named one by one; the others are only counted.
  static constexpr std::uint64_t named_max = 20;
  /// Layers of compression around dead letters, and likewise around the data inside one.
  static constexpr int compression_layers_max = 1;

  /// `logs` reads what is inside dead letters of others; it should peel no more layers than
  /// compression_layers_max. `notice` may be empty.
  ReplayPipeline(LogPipeline logs, Notice notice);

  Status open(const Envelope& envelope, ByteReader& object, std::uint64_t resume_from) override;
  /// At the end: Errc::bad_document when some dead letters could not be sent again, bad_object when
  /// there were none, or damage to the compression.
  Result<bool> next(Batch& batch) override;
  [[nodiscard]] std::uint64_t records() const override { return records_; }
  [[nodiscard]] std::uint64_t bytes_in() const override { return decompress_.bytes_in(); }
  [[nodiscard]] std::uint64_t bytes_out() const override { return documents_.bytes_read(); }

 private:
  /// What is being read: the object's dead letters, or what is inside of one.
  enum class Inside : std::uint8_t { nothing, logs, hec_events };

  void begin(Batch& batch) const;
  bool take_dead_letter(Batch& batch);
  void take_own(Batch& batch);
  Status enter_data(Batch& batch, std::uint64_t number);
  Status enter_logs();
  Result<bool> next_of_logs(Batch& batch);
  void take_hec_event(Batch& batch);
  void append_event(Batch& batch, std::string_view event);
  void note_problem(const std::string& sentence);
  Result<bool> end_of_object();

  const ScanKernels& kernels_;
  LogPipeline logs_;
  const Notice notice_;
  Decompress decompress_{compression_layers_max};
  JsonDocuments documents_;
  DeadLetterReader reader_{kernels_};

  const Envelope* envelope_ = nullptr;
  std::uint64_t resume_from_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t dead_letters_ = 0;  // sound ones
  std::uint64_t problems_ = 0;
  std::string first_problem_;

  // Of the dead letter that is being read.
  std::uint64_t line_ = 0;
  DeadLetterDocument letter_;
  Inside inside_ = Inside::nothing;
  Envelope inside_envelope_;
  std::uint64_t inside_first_record_ = 0;
  Base64Reader base64_;
  JsonDocuments hec_events_;
};

}  // namespace hecate
