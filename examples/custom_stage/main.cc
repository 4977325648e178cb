// Reads an archive from standard input and prints the HEC objects, user names masked: hecate's own
// chain with one stage more.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "mask_user_names.h"
#include "stages/log_pipeline.h"

namespace {

using MaskingPipeline = hecate::Pipeline<hecate::ParseLogs, hecate::Unescape, MaskUserNames,
                                         hecate::Classify, hecate::Enrich, hecate::EncodeHec>;

class StandardInput final : public hecate::ByteReader {
 public:
  hecate::Result<std::size_t> read(std::span<char> into) override {
    const std::size_t size = std::fread(into.data(), 1, into.size(), stdin);
    if (size == 0 && std::ferror(stdin) != 0)
      return hecate::fail(hecate::Errc::not_found, "standard input cannot be read");
    return size;
  }
};

int explain(const std::string& sentence) {
  std::fprintf(stderr, "custom_stage: %s\n", sentence.c_str());
  return 1;
}

}  // namespace

int main() {
  const hecate::Environment environment = hecate::process_environment();
  hecate::ConfigLoad load = hecate::default_config(environment, hecate::check_log_pipeline);
  const auto config = std::make_shared<const hecate::Config>(std::move(load.config));
  const hecate::LogPipelineShared shared =
      hecate::share_log_pipeline(config, nullptr, load.problems);
  if (!load.problems.empty()) return explain(hecate::format_problems("environment", load.problems));

  MaskingPipeline pipeline(hecate::ParseLogs({}), hecate::Unescape({}), MaskUserNames(),
                           hecate::Classify(shared.rules),
                           hecate::Enrich(config, shared.convention, {}), hecate::EncodeHec({}));
  const hecate::Envelope envelope{.uri = "-", .identity = "-", .folder = {}};
  StandardInput input;
  if (hecate::Status opened = pipeline.source().open(envelope, input, 0); !opened)
    return explain(opened.error().message);

  hecate::Batch batch;
  while (true) {
    const hecate::Result<bool> more = pipeline.next(batch);
    if (!more) return explain(more.error().message);
    if (!*more) break;
    std::fwrite(batch.encoded.data(), 1, batch.encoded.size(), stdout);
  }
  std::fprintf(stderr, "%llu events masked\n",
               static_cast<unsigned long long>(pipeline.stage<MaskUserNames>().events_masked()));
  return 0;
}
