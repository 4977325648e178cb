// log_pipeline: START HERE. What happens to a log event between an archive and Splunk.
//
//   bytes ──▶ text ──▶ events ──▶ messages ──▶ rules ──▶ metadata ──▶ HEC objects ──▶ requests ──▶
//   HEC
//     Decompress  ParseLogs  Unescape   Classify    Enrich     EncodeHec       Batcher     Sink
//
// One LogPipeline belongs to one worker and handles one object at a time; workers share only what
// does not change (configuration, compiled rules). Everything moves in batches of a few thousand
// events. From the first byte to the last, an event's text is not copied into an object of its own:
// it is a slice of the batch. Dead letters come in by a side door: see replay_pipeline.h.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "pipeline/config.h"
#include "pipeline/pipeline.h"
#include "stages/classify.h"
#include "stages/encode_hec.h"
#include "stages/enrich.h"
#include "stages/parse_logs.h"
#include "stages/rules.h"
#include "stages/unescape.h"

namespace hecate {

using LogPipeline = Pipeline<
    // Bytes of an object enter. They are decompressed (any number of gzip members, layers, zstd),
    // the format is told by the content, and the text is cut into events: offsets into the text,
    // with time, id and context. From here on nothing is read any more.
    ParseLogs,
    // What was logged: escapes resolved, damage repaired and flagged, one message behind another.
    // Blank events are filtered here; events above the limit are cut or dead-lettered.
    Unescape,
    // The first rule that matches the message, all rules in one pass over all messages. Nothing but
    // the rule's number is added.
    Classify,
    // What the rule and the log group say: keep, drop or sample; host, source, sourcetype, index,
    // fields; and the id, a hash of where the event came from. From here on fates are final.
    Enrich,
    // One HEC object a line. A message that came as a JSON string leaves as the same bytes. What is
    // in batch.encoded now is what Splunk gets, from a backfill and from a Lambda alike.
    EncodeHec>;

/// What all pipelines of a process share.
struct LogPipelineShared {
  std::shared_ptr<const Config> config;
  std::shared_ptr<const CompiledRules> rules;
  std::shared_ptr<const LogGroupConvention> convention;
};

/// Appends every problem that only the pattern engines can find, and every setting that this
/// version cannot honour: nothing in a configuration is ignored silently. Fits load_config().
void check_log_pipeline(const Config& config, std::vector<ConfigProblem>& problems);

/// Compiles what a configuration asks for. Problems, all of them, are appended to `problems`; then
/// the result must not be used. `cache` may be null.
LogPipelineShared share_log_pipeline(std::shared_ptr<const Config> config, BlobCache* cache,
                                     std::vector<ConfigProblem>& problems);

struct LogPipelineOptions {
  Format format = Format::automatic;
  int compression_layers_max = limits::compression_layers_max;
  const ScanKernels* kernels = nullptr;  ///< null: the best for this CPU
  Enrich::OnRejected on_rejected_group;  ///< may be empty
};

LogPipeline make_log_pipeline(const LogPipelineShared& shared, LogPipelineOptions options);

}  // namespace hecate
