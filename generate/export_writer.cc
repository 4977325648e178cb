// export_writer: what CreateExportTask leaves in S3.
//
//   2024-01-31T23:59:59.123Z message
//   a further line of the same message
//
// Objects are called exportedlogs/<task>/<log stream, "/" replaced by "-">/000000.gz. Beside them
// lies the object with which the service tried its permission, aws-logs-write-test.
#include <string>

#include <fmt/format.h>

#include "generate/format_writer.h"
#include "generate/origins.h"
#include "generate/text_template.h"
#include "generate/utc_time.h"
#include "pipeline/json_text.h"

namespace hecate::generate {
namespace {

class ExportWriter final : public FormatWriter {
 public:
  explicit ExportWriter(const WriterContext& context)
      : context_(context),
        origins_(context.random, context.options.start_ms, false),
        chunks_(origins_.count(), 0) {
    TextTemplate("${uuid}").expand(task_, context.random, context.options.start_ms, 0);
  }

  std::string begin_object(std::int64_t /*now_ms*/) override {
    origin_ = origins_.draw(context_.random);
    folder_ = origins_.at(origin_).log_stream;
    for (char& letter : folder_)
      if (letter == '/') letter = '-';
    return fmt::format("exportedlogs/{}/{}/{:06}{}", task_, folder_, chunks_[origin_]++,
                       context_.options.plain ? "" : ".gz");
  }

  Status write_event(ObjectFile& object, std::int64_t now_ms, ExpectedEvent& expected) override {
    const Origin& origin = origins_.at(origin_);
    if (Status made = context_.feed.next(message_, origin.service, now_ms); !made) return made;
    // A reader cannot tell a message's last line feeds from the end of its line.
    while (!message_.empty() && (message_.back() == '\n' || message_.back() == '\r'))
      message_.pop_back();
    expected.message.clear();
    append_valid_utf8(expected.message, message_);
    expected.timestamp_ms = now_ms;
    expected.log_group = origin.log_group;
    expected.log_stream = folder_;
    expected.id.clear();
    text_.clear();
    append_time(text_, now_ms, TimeStyle::iso_ms);
    text_ += ' ';
    text_ += expected.message;
    text_ += '\n';
    object.append(text_);
    return {};
  }

  [[nodiscard]] Probe probe() const override {
    return {"exportedlogs/aws-logs-write-test", "Permission Check Successful"};
  }

 private:
  WriterContext context_;
  Origins origins_;
  std::vector<unsigned> chunks_;  // objects so far, per origin
  std::string task_;
  std::size_t origin_ = 0;
  std::string folder_;
  std::string message_;
  std::string text_;
};

}  // namespace

std::unique_ptr<FormatWriter> make_export_writer(const WriterContext& context) {
  return std::make_unique<ExportWriter>(context);
}

}  // namespace hecate::generate
