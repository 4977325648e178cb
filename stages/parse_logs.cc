#include "stages/parse_logs.h"

#include <algorithm>
#include <utility>

#include "pipeline/check.h"
#include "stages/detect_format.h"

namespace hecate {

ParseLogs::ParseLogs(Options options)
    : options_(options),
      decompress_(std::make_unique<Decompress>(options.compression_layers_max)),
      window_(std::make_unique<TextWindow>()),
      contexts_(std::make_unique<ContextTable>()) {
  if (options_.kernels == nullptr) options_.kernels = &select_scan_kernels();
}

Status ParseLogs::open(const Envelope& envelope, ByteReader& object, std::uint64_t resume_from) {
  envelope_ = &envelope;
  format_ = options_.format;
  parser_ = nullptr;
  resume_from_ = resume_from;
  records_ = 0;
  text_offset_ = 0;
  window_->open(*decompress_);
  return decompress_->open(object);
}

Result<bool> ParseLogs::next(Batch& batch) {
  batch.clear();
  contexts_->trim();
  if (parser_ == nullptr) {
    Result<bool> chosen = choose_parser();
    if (!chosen || !*chosen) return chosen;
  }
  batch.envelope = envelope_;
  batch.format = format_;
  batch.first_record = records_;
  while (true) {
    const TextPiece piece{window_->text(), text_offset_, window_->at_end(), window_->full()};
    const std::size_t used = parser_->parse(piece, batch);
    window_->use(used);
    text_offset_ += used;
    batch.text = piece.text;  // stays where it is until the window reads on
    if (!batch.events.empty() || batch.control_messages > 0) break;
    if (piece.at_end && used == piece.text.size()) return end_of_object();
    check(used > 0 || !(piece.at_end || piece.full),
          "a parser moves on when it cannot get more text");
    if (!piece.at_end) {
      window_->read_more();
      batch.contexts.clear();  // those of text that is used up; the next parse appends its own
      contexts_->trim();
    }
  }
  records_ += batch.events.size();
  if (batch.first_record < resume_from_) mark_resumed(batch);
  return true;
}

Result<bool> ParseLogs::choose_parser() {
  // CloudWatch puts this object beside its exports to see whether it may write there.
  const std::string_view uri = envelope_->uri;
  if (uri.substr(uri.rfind('/') + 1) == "aws-logs-write-test") return false;
  skip_byte_order_mark();
  while (format_ == Format::automatic) {
    Result<std::optional<Format>> found =
        detect_format(window_->text(), window_->at_end() || window_->full(), *options_.kernels);
    if (!found) {
      // Damage to the compression explains the odd text better than the text does.
      return fail(window_->failure().value_or(std::move(found.error())));
    }
    if (*found) {
      format_ = **found;
    } else {
      window_->read_more();
    }
  }
  parser_ = &parser_for(format_);
  parser_->open(*envelope_);
  return true;
}

// Editors put it there; it belongs to no line and no document.
void ParseLogs::skip_byte_order_mark() {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  while (window_->text().size() < mark.size() && !window_->at_end()) window_->read_more();
  if (!window_->text().starts_with(mark)) return;
  window_->use(mark.size());
  text_offset_ = mark.size();
}

Parser& ParseLogs::parser_for(Format format) {
  std::unique_ptr<Parser>& parser = parsers_[static_cast<std::size_t>(format)];
  const ScanKernels& kernels = *options_.kernels;
  if (!parser) {
    switch (format) {
      case Format::cloudwatch:
        parser = make_cloudwatch_parser(kernels, *contexts_);
        break;
      case Format::cloudwatch_export:
        parser = make_export_parser(kernels, *contexts_, options_.event_bytes_max);
        break;
      case Format::cloudtrail:
        parser = make_cloudtrail_parser(kernels, *contexts_);
        break;
      case Format::json_lines:
        parser = make_json_lines_parser(kernels, *contexts_, options_.event_bytes_max);
        break;
      case Format::text:
      case Format::automatic:
        parser = make_text_parser(kernels, *contexts_, options_.event_bytes_max);
        break;
    }
  }
  return *parser;
}

Result<bool> ParseLogs::end_of_object() {
  if (window_->failure()) return fail(*window_->failure());
  if (parser_->problem()) return fail(Errc::bad_document, *parser_->problem());
  return false;
}

void ParseLogs::mark_resumed(Batch& batch) const {
  const std::uint64_t resumed =
      std::min<std::uint64_t>(resume_from_ - batch.first_record, batch.events.size());
  for (std::size_t i = 0; i < resumed; ++i) batch.events[i].fate = Fate::resumed;
}

}  // namespace hecate
