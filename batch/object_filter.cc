#include "batch/object_filter.h"

#include <algorithm>

#include <fmt/core.h>
#include <xxhash.h>

namespace hecate {
namespace {

Status compile_all(const std::vector<std::string>& patterns, std::vector<Glob>& globs) {
  for (const std::string& pattern : patterns) {
    Result<Glob> glob = Glob::compile(pattern);
    if (!glob) return fail(std::move(glob.error()));
    globs.push_back(std::move(*glob));
  }
  return {};
}

}  // namespace

Result<ObjectFilter> ObjectFilter::compile(const ObjectFilterOptions& options) {
  ObjectFilter filter;
  if (Status ok = compile_all(options.include, filter.include_); !ok)
    return fail(std::move(ok.error()));
  if (Status ok = compile_all(options.exclude, filter.exclude_); !ok)
    return fail(std::move(ok.error()));
  if (!options.path_time.empty()) {
    Result<PathTime> path_time = PathTime::compile(options.path_time);
    if (!path_time) return fail(std::move(path_time.error()));
    filter.path_time_ = std::move(*path_time);
  }
  if (options.shard >= options.shards_total)
    return fail(
        Errc::usage,
        fmt::format("--shard {}/{}: shards count from 0, so the last one is {}/{}", options.shard,
                    options.shards_total, options.shards_total == 0 ? 0 : options.shards_total - 1,
                    std::max<std::uint64_t>(options.shards_total, 1)));
  if (options.since_ms && options.until_ms && *options.since_ms >= *options.until_ms)
    return fail(Errc::usage, "--since is not before --until: nothing could be chosen");
  filter.since_ms_ = options.since_ms;
  filter.until_ms_ = options.until_ms;
  filter.shard_ = options.shard;
  filter.shards_total_ = options.shards_total;
  return filter;
}

bool ObjectFilter::in_range(std::int64_t time_ms) const noexcept {
  return (!since_ms_ || time_ms >= *since_ms_) && (!until_ms_ || time_ms < *until_ms_);
}

bool ObjectFilter::accepts_uri(std::string_view uri) const {
  const auto matches = [uri](const Glob& glob) { return glob.matches(uri); };
  if (!include_.empty() && std::none_of(include_.begin(), include_.end(), matches)) return false;
  if (std::any_of(exclude_.begin(), exclude_.end(), matches)) return false;
  if (shards_total_ > 1 && XXH3_64bits(uri.data(), uri.size()) % shards_total_ != shard_)
    return false;
  if (!path_time_) return true;
  const std::optional<Period> period = path_time_->of_file(uri);
  return !period || in_range(period->begin_ms);
}

bool ObjectFilter::accepts(const Envelope& object) const {
  if (!accepts_uri(object.uri)) return false;
  const bool timed_by_path = path_time_ && path_time_->of_file(object.uri);
  return timed_by_path || in_range(object.modified_ms);
}

bool ObjectFilter::may_accept_below(std::string_view folder) const {
  const auto may_match = [folder](const Glob& glob) { return glob.may_match_below(folder); };
  if (!include_.empty() && std::none_of(include_.begin(), include_.end(), may_match)) return false;
  if (!path_time_ || (!since_ms_ && !until_ms_)) return true;
  const std::optional<Period> period = path_time_->of_folder(folder);
  return !period || ((!since_ms_ || period->end_ms > *since_ms_) &&
                     (!until_ms_ || period->begin_ms < *until_ms_));
}

}  // namespace hecate
