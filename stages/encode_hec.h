// encode_hec: events become HEC objects, one a line.
//
//   {"time":1440442987.001,"host":"s","source":"g","sourcetype":"t","index":"i","event":"...",
//    "fields":{...,"event_id":"..."}}
//
// Stage: enriched -> encoded. Everything but time, text and id is the same for all events of one
// metadata, so it is written once and copied. A message that came as a JSON string goes out as the
// very bytes that came in. Only keys that HEC knows are written: it silently stops at others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/batch.h"
#include "pipeline/config.h"
#include "pipeline/pipeline.h"

namespace hecate {

class EncodeHec {
 public:
  static constexpr const char* name = "encode_hec";
  static constexpr Phase from = Phase::enriched;
  static constexpr Phase to = Phase::encoded;

  struct Options {
    EventShape shape = EventShape::text;
    EventIdShape event_id = EventIdShape::short_id;
  };
  explicit EncodeHec(Options options);
  ~EncodeHec();
  EncodeHec(EncodeHec&&) noexcept;
  EncodeHec& operator=(EncodeHec&&) noexcept;
  Status process(Batch& batch);

 private:
  // The constant parts of an event's object, for one metadata.
  struct Template {
    std::string head;  // "host":...,"event":  (for envelopes: up to the request id's quote)
    std::string tail;  // behind the event, up to the id's opening quote, or all but the last '}'
  };
  class JsonCheck;

  const Template& template_of(const Metadata& metadata);
  Template make_template(const Metadata& metadata) const;
  char* write_event(const Batch& batch, std::size_t i, const Template& shape, char* out);
  char* write_text(const Batch& batch, const Event& event, char* out);
  char* write_id(const Batch& batch, std::size_t i, char* out);

  Options options_;
  std::unordered_map<std::uint64_t, Template> templates_;  // by Metadata::serial
  std::vector<const Template*> of_batch_;                  // parallel to batch.metadata
  std::unique_ptr<JsonCheck> json_;
  std::string object_hash_;  // for full ids outside CloudWatch ...
  std::string object_uri_;   // ... of this object
  std::string object_identity_;
};
static_assert(Stage<EncodeHec>);

/// The request id in a line that AWS Lambda logs ("RequestId: <uuid>", or the second of its
/// tab-separated columns); empty when there is none.
std::string_view lambda_request_id(std::string_view message) noexcept;

}  // namespace hecate
