#include "batch/checkpoint_reader.h"

#include <algorithm>

namespace hecate {
namespace {

namespace schema = checkpoint_schema;

bool later(const schema::ObjectRow& a, const schema::ObjectRow& b) {
  return a.saved > b.saved;
}

/// Keeps the `max` rows saved last: a heap with the earliest of them on top.
void keep_latest(std::vector<schema::ObjectRow>& latest, const schema::ObjectRow& row,
                 std::size_t max) {
  if (max == 0 || (latest.size() == max && !later(row, latest.front()))) return;
  if (latest.size() == max) {
    std::pop_heap(latest.begin(), latest.end(), later);
    latest.pop_back();
  }
  latest.push_back(row);
  std::push_heap(latest.begin(), latest.end(), later);
}

void count(CheckpointSummary& summary, const ObjectState& state) {
  switch (state.status) {
    case ObjectStatus::partial:
      ++summary.objects_partial;
      break;
    case ObjectStatus::done:
      ++summary.objects_done;
      break;
    case ObjectStatus::failed:
      ++summary.objects_failed;
      break;
    case ObjectStatus::unread:
      ++summary.objects_unread;
      break;
  }
  summary.records_settled += state.records_settled;
  summary.events_delivered += state.events_delivered;
  summary.events_filtered += state.events_filtered;
  summary.events_dead_lettered += state.events_dead_lettered;
}

}  // namespace

std::string_view object_status_name(ObjectStatus status) noexcept {
  switch (status) {
    case ObjectStatus::partial:
      return "partial";
    case ObjectStatus::done:
      return "done";
    case ObjectStatus::failed:
      return "failed";
    case ObjectStatus::unread:
      return "unread";
  }
  return "unknown";
}

Result<CheckpointReader> CheckpointReader::open(const std::string& path) {
  if (Status ours = schema::check_file(path); !ours) return fail(std::move(ours.error()));
  Result<SqliteDatabase> database = SqliteDatabase::open(path, SqliteDatabase::Mode::read_only);
  if (!database) return fail(std::move(database.error()));
  if (Status sound = schema::check_structure(*database, path); !sound)
    return fail(std::move(sound.error()));
  return CheckpointReader(path, std::move(*database));
}

Result<CheckpointSummary> CheckpointReader::summary(std::size_t last_errors_max) {
  // One transaction: job and objects are of the same moment.
  if (Status begun = database_.execute("BEGIN"); !begun) return fail(std::move(begun.error()));
  CheckpointSummary summary;
  std::int64_t dead_letters = 0;
  std::vector<schema::ObjectRow> latest;
  Result<schema::JobRow> job = schema::read_job(database_, path_);
  Status walked;
  if (job)
    walked = schema::for_each_object(database_, path_, [&](const schema::ObjectRow& row) {
      count(summary, row.state);
      dead_letters += schema::dead_letters_of(row.state);
      if (!row.state.last_error.empty()) keep_latest(latest, row, last_errors_max);
      return true;
    });
  Status ended = database_.execute("COMMIT");
  if (!job) return fail(std::move(job.error()));
  if (!walked) return fail(std::move(walked.error()));
  if (!ended) return fail(std::move(ended.error()));

  summary.job = std::move(job->job);
  summary.created_ms = job->created_ms;
  summary.runs = static_cast<std::uint64_t>(job->runs);
  summary.run_begun_ms = job->run_begun_ms;
  summary.run_finished_ms = job->run_finished_ms;
  summary.dead_letters_open = static_cast<std::uint64_t>(
      std::max<std::int64_t>(dead_letters - job->dead_letters_finished, 0));
  std::sort(latest.begin(), latest.end(), later);
  for (schema::ObjectRow& row : latest) summary.last_errors.push_back(std::move(row.state));
  return summary;
}

Status CheckpointReader::list(const std::function<bool(const ObjectState&)>& visit) {
  return schema::for_each_object(database_, path_,
                                 [&](const schema::ObjectRow& row) { return visit(row.state); });
}

}  // namespace hecate
