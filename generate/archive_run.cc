// archive_run: see the header. Progress is counted in events or in uncompressed bytes, and all
// shares are computed from totals in integers, so nothing drifts and counts are exact.
#include "generate/archive_run.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "pipeline/check.h"

namespace hecate::generate {
namespace {

__extension__ using Wide = unsigned __int128;

// Firehose's own default buffer.
constexpr std::uint64_t object_bytes_default = 5'000'000;

/// total * part / parts, rounded down, without overflow.
std::uint64_t portion(std::uint64_t total, std::uint64_t part, std::uint64_t parts) noexcept {
  return static_cast<std::uint64_t>(static_cast<Wide>(total) * part / parts);
}

}  // namespace

ArchiveRun::ArchiveRun(const GenerateOptions& options, const ArchiveShare& share,
                       std::string folder, FormatWriter& writer, Random& random,
                       ExpectedFile* expected)
    : options_(options),
      share_(share),
      folder_(std::move(folder)),
      writer_(writer),
      random_(random),
      expected_(expected),
      last_time_ms_(options.start_ms) {
  check(share.events.has_value() != share.bytes.has_value(),
        "an archive is measured in events or in bytes");
}

Result<ArchiveTotals> ArchiveRun::run() {
  const Mark end{share_.events.value_or(Mark::never), share_.bytes.value_or(Mark::never)};
  for (std::uint64_t object = 0; !reached(end); ++object) {
    Mark object_mark = object_end(object);
    object_mark.events = std::min(object_mark.events, end.events);
    object_mark.bytes = std::min(object_mark.bytes, end.bytes);
    // One long line can carry the count past a whole object's share of bytes.
    if (reached(object_mark)) continue;
    if (Status written = write_object(object_mark); !written)
      return fail(std::move(written.error()));
  }
  if (totals_.objects > 0) {
    if (Status written = write_probe(); !written) return fail(std::move(written.error()));
  }
  return totals_;
}

bool ArchiveRun::reached(const Mark& mark) const noexcept {
  return done_.events >= mark.events || done_.bytes >= mark.bytes;
}

ArchiveRun::Mark ArchiveRun::object_end(std::uint64_t object) const noexcept {
  if (!share_.objects) return {Mark::never, done_.bytes + object_bytes_default};
  if (share_.events) return {portion(*share_.events, object + 1, *share_.objects), Mark::never};
  return {Mark::never, portion(*share_.bytes, object + 1, *share_.objects)};
}

/// How many of `parts` equal parts of the way between two marks lie behind us.
std::uint64_t ArchiveRun::parts_passed(const Mark& from, const Mark& to,
                                       std::uint64_t parts) const noexcept {
  const auto along = [parts](std::uint64_t begin, std::uint64_t now, std::uint64_t end) {
    return end == Mark::never ? 0 : portion(parts, std::min(now, end) - begin, end - begin);
  };
  return std::max(along(from.events, done_.events, to.events),
                  along(from.bytes, done_.bytes, to.bytes));
}

/// The next event's time: as far into the span as we are into the work, never before the last one.
std::int64_t ArchiveRun::draw_time() {
  // Events come in bursts: two of three share their predecessor's millisecond.
  if (done_.events > 0 && random_.below(3) != 0) return last_time_ms_;
  const auto span = static_cast<std::uint64_t>(options_.span_ms);
  std::uint64_t offset = 0;
  if (share_.events) {
    constexpr std::uint64_t steps = 65'536;  // places for chance between two events
    const Wide position = static_cast<Wide>(done_.events) * steps + random_.below(steps);
    offset =
        static_cast<std::uint64_t>(position * span / (static_cast<Wide>(*share_.events) * steps));
  } else {
    offset = portion(span, done_.bytes, *share_.bytes);
  }
  const std::int64_t drawn = options_.start_ms + static_cast<std::int64_t>(offset);
  last_time_ms_ = std::max(last_time_ms_, drawn);
  return last_time_ms_;
}

Result<std::filesystem::path> ArchiveRun::make_folder_for(const std::string& name) const {
  const std::filesystem::path path = options_.out / name;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return fail(Errc::storage, fmt::format("{}: cannot make the folder: {}; choose another --out",
                                           path.parent_path().string(), error.message()));
  }
  return path;
}

Status ArchiveRun::write_object(const Mark& end) {
  const std::int64_t begun_ms = draw_time();
  const std::string name = folder_ + writer_.begin_object(begun_ms);
  const Result<std::filesystem::path> path = make_folder_for(name);
  if (!path) return fail(path.error());
  ObjectFile object(*path,
                    {.layers = options_.plain ? 0 : options_.layers, .level = options_.level});
  writer_.write_head(object);
  if (Status written = write_events(object, name, end); !written) return written;
  writer_.write_tail(object);
  if (Status closed = object.close(begun_ms); !closed) return closed;
  ++totals_.objects;
  totals_.bytes_uncompressed += object.bytes_uncompressed();
  totals_.bytes_compressed += object.bytes_compressed();
  done_.bytes = totals_.bytes_uncompressed;
  return {};
}

Status ArchiveRun::write_events(ObjectFile& object, const std::string& name, const Mark& end) {
  const Mark begin = done_;
  const std::uint64_t members = options_.members.value_or(1);
  std::uint64_t members_ended = 0;
  for (std::uint64_t record = 0; !reached(end); ++record) {
    if (Status written = writer_.write_event(object, draw_time(), event_); !written) return written;
    if (expected_ != nullptr) expected_->append(event_, name, record);
    ++totals_.events;
    ++done_.events;
    done_.bytes = totals_.bytes_uncompressed + object.bytes_uncompressed();
    if (object.failed() || (expected_ != nullptr && expected_->failed())) break;
    const std::uint64_t passed = parts_passed(begin, end, members);
    if (passed > members_ended && !reached(end)) {
      writer_.end_document(object);
      object.cut_member();
      members_ended = passed;
    }
  }
  return {};
}

Status ArchiveRun::write_probe() {
  const FormatWriter::Probe probe = writer_.probe();
  if (probe.path.empty()) return {};
  const Result<std::filesystem::path> path = make_folder_for(folder_ + probe.path);
  if (!path) return fail(path.error());
  ObjectFile object(*path, {.layers = 0});
  object.append(probe.text);
  return object.close(options_.start_ms);
}

}  // namespace hecate::generate
