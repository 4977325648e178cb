// expected_file: see the header.
#include "generate/expected_file.h"

#include <utility>

#include "pipeline/json_text.h"

namespace hecate::generate {

ExpectedFile::ExpectedFile(std::filesystem::path path)
    : file_(std::move(path), Packing{.layers = 0}) {
}

void ExpectedFile::append(const ExpectedEvent& event, std::string_view object,
                          std::uint64_t record) {
  line_ = R"({"message":)";
  append_json_string(line_, event.message);
  line_ += R"(,"timestamp_ms":)";
  line_ += std::to_string(event.timestamp_ms);
  line_ += R"(,"log_group":)";
  append_json_string(line_, event.log_group);
  line_ += R"(,"log_stream":)";
  append_json_string(line_, event.log_stream);
  line_ += R"(,"id":)";
  append_json_string(line_, event.id);
  line_ += R"(,"object":)";
  append_json_string(line_, object);
  line_ += R"(,"record":)";
  line_ += std::to_string(record);
  line_ += "}\n";
  file_.append(line_);
}

}  // namespace hecate::generate
