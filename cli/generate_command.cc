#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/run.h"
#include "cli/values.h"
#include "generate/generate.h"

namespace hecate {
namespace {

constexpr const char* notes =
    R"(Equal options give equal archives. --expected writes the ground truth, an event a line, to compare
with what arrived.

Examples:
  hecate generate --out samples --events 200000                  # a folder for each format
  hecate generate --out big --format cloudwatch --size 10GB --level 1
  hecate generate --out mine --lines /var/log/syslog --format text)";

struct Texts {
  std::string format = "all", size, start, span;
  std::vector<std::string> lines;
  std::string out, expected;
};

// The options that are more than numbers. The error is the sentence to show.
Status fill_in(const Texts& texts, generate::GenerateOptions& options) {
  const auto format = generate::archive_format_named(texts.format);
  if (!format) {
    return fail(Errc::usage,
                "--format is one of all, cloudwatch, cloudwatch-export, cloudtrail, "
                "json-lines, text");
  }
  options.format = *format;
  options.out = texts.out;
  options.expected = texts.expected;
  options.lines.assign(texts.lines.begin(), texts.lines.end());
  if (!texts.size.empty()) {
    Result<std::uint64_t> size = parse_size(texts.size);
    if (!size) return fail(Errc::usage, "--size: " + size.error().message);
    options.size_bytes = *size;
  }
  if (!texts.start.empty()) {
    Result<std::int64_t> start = parse_time(texts.start, options.start_ms);
    if (!start) return fail(Errc::usage, "--start: " + start.error().message);
    options.start_ms = *start;
  }
  if (!texts.span.empty()) {
    Result<std::int64_t> span = parse_span(texts.span);
    if (!span) return fail(Errc::usage, "--span: " + span.error().message);
    options.span_ms = *span;
  }
  return {};
}

}  // namespace

void add_generate_command(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("generate", "Write sample archives of any supported format");
  auto options = std::make_shared<generate::GenerateOptions>();
  auto texts = std::make_shared<Texts>();
  command->add_option("--out", texts->out, "folder to write to")->required();
  command
      ->add_option("--format", texts->format,
                   "all, cloudwatch, cloudwatch-export, cloudtrail, json-lines or text")
      ->capture_default_str();
  command->add_option("--events", options->events, "events in total")->capture_default_str();
  command->add_option("--size", texts->size, "instead: uncompressed size in total, as 10GB");
  command->add_option("--objects", options->objects, "objects in total; default: one per 5 MB");
  command->add_option("--seed", options->seed, "of all chance")->capture_default_str();
  command->add_option("--lines", texts->lines, "use the lines of these files as messages");
  command->add_option("--members", options->members, "gzip members per object");
  command->add_option("--layers", options->layers, "layers of gzip, 1 or 2")->capture_default_str();
  command->add_flag("--plain", options->plain, "no gzip");
  command->add_option("--level", options->level, "of compression, 1 to 9")->capture_default_str();
  command->add_option("--start", texts->start, "time of the first event, as 2024-01-31");
  command->add_option("--span", texts->span, "from the first event to the last, as 7d");
  command->add_option("--control", options->control_every,
                      "cloudwatch: every Nth document is a control message");
  command->add_flag("--newlines", options->newline_between_documents,
                    "cloudwatch: a newline after each document");
  command->add_option("--expected", texts->expected, "write the ground truth here");
  command->footer(notes);
  command->callback([options, texts, &chosen] {
    chosen = [options, texts]() -> int {
      if (Status filled = fill_in(*texts, *options); !filled)
        return usage_error(filled.error().message);
      return generate::run_generate(*options);
    };
  });
}

}  // namespace hecate
