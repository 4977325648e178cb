#include "batch/backfill.h"

#include <utility>

#include "batch/worker.h"

namespace hecate {

ExitStatus run_backfill(const BackfillOptions& options, const Environment& environment) {
  JobPlan plan;
  plan.filter = options.filter;
  plan.make_pipeline = [&options](const LogPipelineShared& shared,
                                  Enrich::OnRejected on_rejected_group, const Notice&) {
    LogPipelineOptions pipeline;
    pipeline.format = options.format;
    pipeline.on_rejected_group = std::move(on_rejected_group);
    return as_object_pipeline(make_log_pipeline(shared, std::move(pipeline)));
  };
  return run_job(options, plan, environment);
}

}  // namespace hecate
