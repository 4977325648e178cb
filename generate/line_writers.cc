// line_writers: archives of one event per line, JSON objects or plain text.
//
// json-lines differ in what their time is called and how it is written, as files of different
// programs do; a reader must cope with all of them. Lines of all services are mixed, as collectors
// mix them, while a text object is the file of one service. text carries no time of its own: a
// reader takes the object's modification time, which is when the object was begun.
#include <array>
#include <string>

#include "generate/format_writer.h"
#include "generate/origins.h"
#include "generate/text_template.h"
#include "generate/utc_time.h"
#include "pipeline/json_text.h"

namespace hecate::generate {
namespace {

/// Drops what would end a line early or blur its end.
void make_single_line(std::string& message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.pop_back();
  for (char& letter : message)
    if (letter == '\n') letter = ' ';
}

class JsonLinesWriter final : public FormatWriter {
 public:
  explicit JsonLinesWriter(const WriterContext& context)
      : context_(context),
        origins_(context.random, context.options.start_ms, false),
        name_("/app-${uuid}.jsonl"),
        levels_("${pick info|info|info|info|debug|warn|error}"),
        trace_(
            R"(,"trace_id":"${hex 32}","duration_ms":${int 1 900},"ok":${pick true|true|false})") {}

  std::string begin_object(std::int64_t now_ms) override {
    std::string path;
    append_time(path, now_ms, TimeStyle::hour_path);
    name_.expand(path, context_.random, now_ms, 0);
    if (!context_.options.plain) path += ".gz";
    return path;
  }

  Status write_event(ObjectFile& object, std::int64_t now_ms, ExpectedEvent& expected) override {
    const Origin& origin = origins_.at(origins_.draw(context_.random));
    if (Status made = context_.feed.next(message_, origin.service, now_ms); !made) return made;
    std::string& line = expected.message;
    const bool time_last = context_.random.below(3) == 0;
    line.assign(1, '{');
    if (!time_last) {
      expected.timestamp_ms = append_time_member(line, now_ms);
      line += ',';
    }
    line += R"("level":")";
    levels_.expand(line, context_.random, now_ms, 0);
    line += R"(","service":")";
    line += all_services()[origin.service].name;
    line += R"(","message":)";
    append_json_string(line, message_);
    trace_.expand(line, context_.random, now_ms, 0);
    if (time_last) {
      line += ',';
      expected.timestamp_ms = append_time_member(line, now_ms);
    }
    line += '}';
    expected.log_group.clear();
    expected.log_stream.clear();
    expected.id.clear();
    object.append(line);
    object.append("\n");
    return {};
  }

 private:
  /// Appends `"key":time` in one of the usual forms; returns the time as precisely as it says.
  std::int64_t append_time_member(std::string& line, std::int64_t now_ms) {
    constexpr std::array<std::string_view, 3> keys = {"timestamp", "time", "@timestamp"};
    line += '"';
    line += keys[context_.random.below(keys.size())];
    line += "\":";
    switch (context_.random.below(4)) {
      case 0:
        line += '"';
        append_time(line, now_ms, TimeStyle::iso_ms);
        line += '"';
        return now_ms;
      case 1:
        line += '"';
        append_time(line, now_ms, TimeStyle::iso_s);
        line += '"';
        return now_ms / 1000 * 1000;
      case 2:
        line += std::to_string(now_ms);
        return now_ms;
      default:
        line += std::to_string(now_ms / 1000);
        return now_ms / 1000 * 1000;
    }
  }

  WriterContext context_;
  Origins origins_;
  TextTemplate name_;
  TextTemplate levels_;
  TextTemplate trace_;
  std::string message_;
};

class TextWriter final : public FormatWriter {
 public:
  explicit TextWriter(const WriterContext& context)
      : context_(context),
        origins_(context.random, context.options.start_ms, true),
        suffix_("-${hex 8}.log") {}

  std::string begin_object(std::int64_t now_ms) override {
    origin_ = origins_.draw(context_.random);
    begun_ms_ = now_ms;
    const std::string_view service = all_services()[origins_.at(origin_).service].name;
    std::string path(service);
    path += '/';
    path += service;
    path += '-';
    append_time(path, now_ms, TimeStyle::minute_key);
    suffix_.expand(path, context_.random, now_ms, 0);
    if (!context_.options.plain) path += ".gz";
    return path;
  }

  Status write_event(ObjectFile& object, std::int64_t now_ms, ExpectedEvent& expected) override {
    std::string& line = expected.message;
    const std::size_t service = origins_.at(origin_).service;
    if (Status made = context_.feed.next(line, service, now_ms); !made) return made;
    make_single_line(line);
    expected.timestamp_ms = begun_ms_;
    expected.log_group.clear();
    expected.log_stream.clear();
    expected.id.clear();
    object.append(line);
    object.append("\n");
    return {};
  }

 private:
  WriterContext context_;
  Origins origins_;
  TextTemplate suffix_;
  std::size_t origin_ = 0;
  std::int64_t begun_ms_ = 0;
};

}  // namespace

std::unique_ptr<FormatWriter> make_json_lines_writer(const WriterContext& context) {
  return std::make_unique<JsonLinesWriter>(context);
}

std::unique_ptr<FormatWriter> make_text_writer(const WriterContext& context) {
  return std::make_unique<TextWriter>(context);
}

}  // namespace hecate::generate
