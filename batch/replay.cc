#include "batch/replay.h"

#include <memory>
#include <utility>

#include "stages/replay_pipeline.h"

namespace hecate {

ExitStatus run_replay(const JobOptions& options, const Environment& environment) {
  JobPlan plan;
  plan.name = "replay";
  plan.make_pipeline = [](const LogPipelineShared& shared, Enrich::OnRejected on_rejected_group,
                          Notice notice) {
    LogPipelineOptions logs;
    logs.compression_layers_max = ReplayPipeline::compression_layers_max;
    logs.on_rejected_group = std::move(on_rejected_group);
    return std::make_unique<ReplayPipeline>(make_log_pipeline(shared, std::move(logs)),
                                            std::move(notice));
  };
  return run_job(options, plan, environment);
}

}  // namespace hecate
