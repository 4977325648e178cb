// archive_run: writes all objects of one format.
//
// Shares out the events, or the bytes, over objects and gzip members, and gives every event its
// time. How an object is called and how an event stands in it is the FormatWriter's affair.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

#include "generate/expected_file.h"
#include "generate/format_writer.h"
#include "generate/generate.h"
#include "generate/random.h"
#include "pipeline/result.h"

namespace hecate::generate {

/// What one format has to write. Exactly one of events and bytes is set.
struct ArchiveShare {
  std::optional<std::uint64_t> events;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> objects;
};

class ArchiveRun {
 public:
  /// `folder` is the format's own, below options.out: "" or a name. All references outlive this.
  ArchiveRun(const GenerateOptions& options, const ArchiveShare& share, std::string folder,
             FormatWriter& writer, Random& random, ExpectedFile* expected);

  Result<ArchiveTotals> run();

 private:
  /// Where an object, or everything, ends: whichever is reached first.
  struct Mark {
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t events = never;
    std::uint64_t bytes = never;
  };

  [[nodiscard]] bool reached(const Mark& mark) const noexcept;
  [[nodiscard]] std::uint64_t parts_passed(const Mark& from, const Mark& to,
                                           std::uint64_t parts) const noexcept;
  [[nodiscard]] Mark object_end(std::uint64_t object) const noexcept;
  [[nodiscard]] std::int64_t draw_time();
  Status write_object(const Mark& end);
  Status write_events(ObjectFile& object, const std::string& name, const Mark& end);
  Status write_probe();
  Result<std::filesystem::path> make_folder_for(const std::string& name) const;

  const GenerateOptions& options_;
  ArchiveShare share_;
  std::string folder_;
  FormatWriter& writer_;
  Random& random_;
  ExpectedFile* expected_;
  ArchiveTotals totals_;
  Mark done_{0, 0};  // how far we are, the open object included
  std::int64_t last_time_ms_;
  ExpectedEvent event_;
};

}  // namespace hecate::generate
