// checkpoint_reader: looks into a checkpoint without touching it, for `hecate status`.
//
// May read while a run writes; sees the state of one moment. Checks what it reads as the run does
// (checkpoint_schema.h). Memory does not grow with the number of objects.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "batch/checkpoint_schema.h"

namespace hecate {

struct CheckpointSummary {
  CheckpointJob job;
  std::int64_t created_ms = 0;
  std::uint64_t runs = 0;
  std::int64_t run_begun_ms = 0;     ///< 0: no run has begun
  std::int64_t run_finished_ms = 0;  ///< 0: the last run is under way, or was cut short
  std::uint64_t objects_done = 0;
  std::uint64_t objects_partial = 0;
  std::uint64_t objects_failed = 0;
  std::uint64_t objects_unread = 0;
  std::uint64_t records_settled = 0;
  std::uint64_t events_delivered = 0;
  std::uint64_t events_filtered = 0;
  std::uint64_t events_dead_lettered = 0;
  std::uint64_t dead_letters_open = 0;   ///< since a run last finished
  std::vector<ObjectState> last_errors;  ///< the objects saved last that have one, latest first
};

class CheckpointReader {
 public:
  /// Errc::not_found, denied or corrupt_state when there is nothing sound to read.
  static Result<CheckpointReader> open(const std::string& path);

  Result<CheckpointSummary> summary(std::size_t last_errors_max = 10);
  /// Visits every object in order of uri; false from `visit` ends the walk.
  Status list(const std::function<bool(const ObjectState&)>& visit);

 private:
  CheckpointReader(std::string path, SqliteDatabase database) noexcept
      : path_(std::move(path)), database_(std::move(database)) {}
  std::string path_;
  SqliteDatabase database_;
};

/// The name of a status, for people and JSON ("partial").
std::string_view object_status_name(ObjectStatus status) noexcept;

}  // namespace hecate
