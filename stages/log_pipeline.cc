#include "stages/log_pipeline.h"

#include <utility>

namespace hecate {

void check_log_pipeline(const Config& config, std::vector<ConfigProblem>& problems) {
  if (Result<LogGroupConvention> convention = LogGroupConvention::make(config.log_groups);
      !convention) {
    const Position at = config.log_groups.pattern_at;
    problems.push_back({at.line, at.column, std::move(convention.error().message)});
  }
  CompiledRules::check(config, problems);
  for (const RedactConfig& redact : config.redact) {
    problems.push_back({redact.line, 1, "redact: this version cannot redact yet"});
  }
  for (const RuleConfig& rule : config.rules) {
    if (!rule.set.token.empty())
      problems.push_back({rule.line, 1, "rules: this version cannot set a token per rule yet"});
  }
}

LogPipelineShared share_log_pipeline(std::shared_ptr<const Config> config, BlobCache* cache,
                                     std::vector<ConfigProblem>& problems) {
  LogPipelineShared shared;
  Result<LogGroupConvention> convention = LogGroupConvention::make(config->log_groups);
  if (convention) {
    shared.convention = std::make_shared<const LogGroupConvention>(std::move(*convention));
  } else {
    problems.push_back({0, 0, std::move(convention.error().message)});
  }
  shared.rules = CompiledRules::compile(*config, cache, problems);
  shared.config = std::move(config);
  return shared;
}

LogPipeline make_log_pipeline(const LogPipelineShared& shared, LogPipelineOptions options) {
  const HecConfig& hec = shared.config->hec;
  const bool need_messages = !shared.config->rules.empty() || hec.event != EventShape::text;
  return LogPipeline(ParseLogs({.format = options.format,
                                .event_bytes_max = hec.max_event_bytes,
                                .compression_layers_max = options.compression_layers_max,
                                .kernels = options.kernels}),
                     Unescape({.need_messages = need_messages,
                               .event_bytes_max = hec.max_event_bytes,
                               .too_large = hec.too_large}),
                     Classify(shared.rules),
                     Enrich(shared.config, shared.convention, std::move(options.on_rejected_group)),
                     EncodeHec({.shape = hec.event, .event_id = hec.event_id}));
}

}  // namespace hecate
