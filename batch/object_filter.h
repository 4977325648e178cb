// object_filter: which of the listed objects a run takes.
//
// The same rules for files and for remote objects: patterns on the uri, a range of times, a shard.
// Decides by name first, so that an object that is not wanted need not be looked at, and tells
// which folders need not be listed at all. Pure; reads nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/glob.h"
#include "batch/path_time.h"
#include "pipeline/envelope.h"
#include "pipeline/result.h"

namespace hecate {

struct ObjectFilterOptions {
  std::vector<std::string> include;      ///< patterns (glob.h); empty: everything
  std::vector<std::string> exclude;      ///< wins over `include`
  std::optional<std::int64_t> since_ms;  ///< epoch milliseconds; objects of that moment are taken
  std::optional<std::int64_t> until_ms;  ///< objects of that moment are not
  std::string path_time;    ///< template (path_time.h): the beginning of the period a path names is
                            ///< compared in place of the modification time, where it names one
  std::uint64_t shard = 0;  ///< this one ...
  std::uint64_t shards_total = 1;  ///< ... of so many; together they take every object once
};

class ObjectFilter {
 public:
  /// Takes everything.
  ObjectFilter() = default;
  /// Errc::usage for a pattern or template that cannot be read, or a shard that is none.
  static Result<ObjectFilter> compile(const ObjectFilterOptions& options);

  /// Decides as far as the uri alone can: false is final.
  [[nodiscard]] bool accepts_uri(std::string_view uri) const;
  /// Decides all of it.
  [[nodiscard]] bool accepts(const Envelope& object) const;
  /// False: nothing below this folder (or prefix of whole names) is accepted.
  [[nodiscard]] bool may_accept_below(std::string_view folder) const;

 private:
  [[nodiscard]] bool in_range(std::int64_t time_ms) const noexcept;

  std::vector<Glob> include_, exclude_;
  std::optional<std::int64_t> since_ms_, until_ms_;
  std::optional<PathTime> path_time_;
  std::uint64_t shard_ = 0;
  std::uint64_t shards_total_ = 1;
};

}  // namespace hecate
