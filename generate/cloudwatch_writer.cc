// cloudwatch_writer: documents of a CloudWatch Logs subscription, as Firehose stores them.
//
//   {"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/prod/bastion",
//    "logStream":"i-0…","subscriptionFilters":["hecate"],"logEvents":[
//    {"id":"31953…","timestamp":1432826855000,"message":"…"},…]}
//
// compact, keys in the order of AWS, one log stream per document, documents back to back. Objects
// are called YYYY/MM/DD/HH/stream-1-YYYY-MM-DD-HH-MM-SS-<uuid>.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "generate/event_id.h"
#include "generate/format_writer.h"
#include "generate/origins.h"
#include "generate/text_template.h"
#include "generate/utc_time.h"
#include "pipeline/json_text.h"

namespace hecate::generate {
namespace {

// About what a subscription delivers at a time; the service's own bound is 1 MB compressed.
constexpr std::uint64_t document_events_max = 1000;
constexpr std::uint64_t document_bytes_wanted = 200'000;

// Small archives get smaller documents, so that they still show many log groups.
std::uint64_t document_events_wanted(const GenerateOptions& options) {
  constexpr std::uint64_t documents_wanted = 40;
  if (options.size_bytes) return document_events_max;
  return std::clamp<std::uint64_t>(options.events / documents_wanted, 10, document_events_max);
}

class CloudwatchWriter final : public FormatWriter {
 public:
  explicit CloudwatchWriter(const WriterContext& context)
      : context_(context),
        origins_(context.random, context.options.start_ms, false),
        ids_(context.random),
        uuid_("${uuid}") {}

  std::string begin_object(std::int64_t now_ms) override {
    std::string path;
    append_time(path, now_ms, TimeStyle::hour_path);
    path += "/stream-1-";
    append_time(path, now_ms, TimeStyle::dashed);
    path += '-';
    uuid_.expand(path, context_.random, now_ms, 0);
    if (!context_.options.plain) path += ".gz";
    return path;
  }

  Status write_event(ObjectFile& object, std::int64_t now_ms, ExpectedEvent& expected) override {
    text_.clear();
    if (document_events_left_ == 0) {
      begin_document(object, now_ms);
    } else {
      text_ += ',';
    }
    const Origin& origin = origins_.at(origin_);
    if (Status made = context_.feed.next(expected.message, origin.service, now_ms); !made)
      return made;
    expected.timestamp_ms = now_ms;
    expected.log_group = origin.log_group;
    expected.log_stream = origin.log_stream;
    expected.id.clear();
    ids_.append_next(expected.id, now_ms);
    append_event(expected.id, now_ms, expected.message);
    object.append(text_);
    --document_events_left_;
    if (object.bytes_uncompressed() - document_start_ >= document_bytes_wanted ||
        document_events_left_ == 0)
      end_document(object);
    return {};
  }

  void end_document(ObjectFile& object) override {
    if (!in_document_) return;
    in_document_ = false;
    document_events_left_ = 0;
    close_document(object);
  }

 private:
  void begin_document(ObjectFile& object, std::int64_t now_ms) {
    ++documents_;
    const std::uint64_t every = context_.options.control_every.value_or(0);
    if (every != 0 && documents_ % every == 0) {
      write_control(object, now_ms);
      ++documents_;
    }
    in_document_ = true;
    document_start_ = object.bytes_uncompressed();
    const std::uint64_t events = document_events_wanted(context_.options);
    document_events_left_ = context_.random.between(events / 2, events);
    origin_ = origins_.draw(context_.random);
    ids_.start_batch();
    const Origin& origin = origins_.at(origin_);
    text_ += R"({"messageType":"DATA_MESSAGE","owner":")";
    text_ += sample_account;
    text_ += R"(","logGroup":)";
    append_json_string(text_, origin.log_group);
    text_ += R"(,"logStream":)";
    append_json_string(text_, origin.log_stream);
    text_ += R"(,"subscriptionFilters":["hecate"],"logEvents":[)";
  }

  /// What CloudWatch sends to see whether anybody listens.
  void write_control(ObjectFile& object, std::int64_t now_ms) {
    std::string control =
        R"({"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"",)"
        R"("subscriptionFilters":[],"logEvents":[)";
    std::swap(control, text_);
    append_event("", now_ms, "CWL CONTROL MESSAGE: Checking health of destination Firehose.");
    std::swap(control, text_);
    object.append(control);
    close_document(object);
  }

  void close_document(ObjectFile& object) {
    object.append("]}");
    if (context_.options.newline_between_documents) object.append("\n");
    // Firehose appends each record, one gzipped document, to the object as it came.
    if (!context_.options.members) object.cut_member();
  }

  void append_event(std::string_view id, std::int64_t timestamp_ms, std::string_view message) {
    text_ += R"({"id":")";
    text_ += id;
    text_ += R"(","timestamp":)";
    std::array<char, 20> digits{};
    text_.append(digits.data(),
                 std::to_chars(digits.data(), digits.data() + digits.size(), timestamp_ms).ptr);
    text_ += R"(,"message":)";
    append_json_string(text_, message);
    text_ += '}';
  }

  WriterContext context_;
  Origins origins_;
  EventIds ids_;
  TextTemplate uuid_;
  std::string text_;  // what the current call writes
  std::uint64_t documents_ = 0;
  bool in_document_ = false;
  std::uint64_t document_events_left_ = 0;
  std::uint64_t document_start_ = 0;  // in bytes of the object
  std::size_t origin_ = 0;
};

}  // namespace

std::unique_ptr<FormatWriter> make_cloudwatch_writer(const WriterContext& context) {
  return std::make_unique<CloudwatchWriter>(context);
}

}  // namespace hecate::generate
