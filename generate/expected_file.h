// expected_file: the ground truth beside sample archives.
//
// One JSON object per event, in the order in which the events were written, so that a test can
// compare what was generated with what a receiver got. Streams through a fixed buffer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "generate/format_writer.h"
#include "generate/object_file.h"
#include "pipeline/result.h"

namespace hecate::generate {

class ExpectedFile {
 public:
  explicit ExpectedFile(std::filesystem::path path);

  /// Adds the event that is number `record`, from 0, of the object.
  void append(const ExpectedEvent& event, std::string_view object, std::uint64_t record);

  [[nodiscard]] bool failed() const noexcept { return file_.failed(); }
  Status close(std::int64_t modified_ms) { return file_.close(modified_ms); }

 private:
  ObjectFile file_;
  std::string line_;
};

}  // namespace hecate::generate
