#include "batch/file_lister.h"

#include <cerrno>
#include <chrono>
#include <optional>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "batch/file_store.h"
#include "batch/folder_walk.h"
#include "batch/posix_file.h"
#include "batch/source_list.h"
#include "pipeline/check.h"

namespace hecate {
namespace {

/// Remembers which uris were listed, by a hash of 128 bits, so that a file reached by two sources
/// comes once. Bounded: beyond that, a file may come twice, and the checkpoint knows it then.
class SeenUris {
 public:
  /// False when `uri` was added before.
  bool add(std::string_view uri) {
    if (count_ >= uris_max) return true;
    if (count_ * 2 >= slots_.size()) grow();
    const XXH128_hash_t hash = XXH3_128bits(uri.data(), uri.size());
    return insert({hash.low64, hash.high64 | 1});  // never all zero, which marks a free slot
  }

 private:
  static constexpr std::size_t uris_max = 500'000;  // 16 MiB
  struct Slot {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };

  bool insert(const Slot& wanted) {
    for (std::size_t i = wanted.low;; ++i) {
      Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot == wanted) return false;
      if (slot.high != 0) continue;
      slot = wanted;
      ++count_;
      return true;
    }
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
    old.swap(slots_);
    count_ = 0;
    for (const Slot& slot : old)
      if (slot.high != 0) insert(slot);
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

enum class SourceKind { standard_input, list, remote, file, folder, pattern };

struct Source {
  SourceKind kind = SourceKind::file;
  std::string path;  // absolute; for a remote one as given
  struct stat info {};
};

Error unusable(std::string_view source, std::string_view why) {
  return {Errc::usage, fmt::format("source '{}': {}", source, why)};
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Envelope stream_envelope(std::string uri) {
  return {.uri = std::move(uri),
          .identity = stream_identity(),
          .folder = {},
          .modified_ms = now_ms(),
          .size_bytes = 0};
}

Envelope file_envelope(std::string path, const struct stat& info) {
  std::string folder;
  if (path != "-") {
    folder = parent_folder(path);
    folder.erase(0, folder.rfind('/') + 1);
  }
  return {.uri = std::move(path),
          .identity = file_identity(info),
          .folder = std::move(folder),
          .modified_ms = file_modified_ms(info),
          .size_bytes = static_cast<std::uint64_t>(info.st_size)};
}

std::optional<Listed> unreadable_place(std::string path, Error error) {
  Listed listed;
  listed.object.uri = std::move(path);
  listed.error = std::move(error);
  return listed;
}

Envelope standard_input_envelope() {
  struct stat info {};
  if (::fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode)) return file_envelope("-", info);
  return stream_envelope("-");
}

}  // namespace

class FileLister::State {
 public:
  State(std::vector<std::string> sources, FileListerOptions options)
      : sources_(std::move(sources)), options_(std::move(options)) {}

  Status check_sources();
  Result<std::optional<Listed>> next();

 private:
  Result<Source> look_at(const std::string& source) const;
  Status check(const Source& source, const std::string& given) const;
  Status check_list(const std::string& path) const;
  [[nodiscard]] FolderWalk walk(const Source& source, bool filtered) const;
  Result<std::optional<Listed>> from_current();
  Result<std::optional<std::string>> next_source();
  Result<std::optional<Listed>> begin(const std::string& source);
  [[nodiscard]] bool accepts(const Listed& listed);

  std::vector<std::string> sources_;
  FileListerOptions options_;
  std::size_t at_ = 0;
  bool several_ = false;  // only then can a file be reached twice
  SeenUris seen_;
  // Where the listing stands: in a list, and in one of its sources (or of those given).
  std::optional<SourceList> list_;
  std::optional<FolderWalk> walk_;
  std::unique_ptr<ObjectLister> remote_;
};

/// Tells what kind a source is, from its spelling and from what is there.
Result<Source> FileLister::State::look_at(const std::string& source) const {
  Source found;
  if (source.empty()) return fail(unusable(source, "is empty; name a file, a folder or a pattern"));
  if (source == "-") {
    found.kind = SourceKind::standard_input;
  } else if (source.starts_with('@')) {
    found.kind = SourceKind::list;
    found.path = absolute_path(std::string_view(source).substr(1), options_.working_folder);
  } else if (source.find("://") != std::string::npos) {
    if (!options_.remote) return fail(unusable(source, "only files can be read here"));
    found.kind = SourceKind::remote;
    found.path = source;
  } else {
    found.path = absolute_path(source, options_.working_folder);
    if (::stat(found.path.c_str(), &found.info) == 0) {
      found.kind = S_ISDIR(found.info.st_mode) ? SourceKind::folder : SourceKind::file;
    } else if (!has_wildcard(source)) {
      return fail(unusable(source, errno == ENOENT || errno == ENOTDIR
                                       ? "no such file or folder; nothing was read"
                                       : errno_text(errno)));
    } else {
      found.kind = SourceKind::pattern;
      found.path = absolute_path(source, escaped_for_glob(options_.working_folder));
    }
  }
  return found;
}

FolderWalk FileLister::State::walk(const Source& source, bool filtered) const {
  FolderWalk::Options options;
  if (filtered) {
    const ObjectFilter* filter = &options_.filter;  // lives as long as the walk
    options.enters = [filter](std::string_view folder) { return filter->may_accept_below(folder); };
    options.takes = [filter](std::string_view file) { return filter->accepts_uri(file); };
    options.notice = options_.notice;
  }
  if (source.kind == SourceKind::folder) return {source.path, std::move(options)};
  Result<Glob> pattern = Glob::compile(source.path);
  hecate::check(pattern.has_value(), "a pattern was compiled when its source was checked");
  std::string root = pattern->literal_folder();
  options.pattern = std::move(*pattern);
  return {std::move(root), std::move(options)};
}

Status FileLister::State::check(const Source& source, const std::string& given) const {
  switch (source.kind) {
    case SourceKind::list:
      return check_list(source.path);
    case SourceKind::file:
      if (S_ISSOCK(source.info.st_mode) || S_ISBLK(source.info.st_mode))
        return fail(unusable(given, "is neither a file, a folder nor a pipe"));
      return {};
    case SourceKind::pattern: {
      if (Result<Glob> pattern = Glob::compile(source.path); !pattern)
        return fail(std::move(pattern.error()));
      FolderWalk found = walk(source, false);
      for (;;) {
        const std::optional<FolderWalk::Found> file = found.next();
        if (!file) return fail(unusable(given, "matches no file; nothing was read"));
        if (!file->error) return {};
      }
    }
    case SourceKind::standard_input:
    case SourceKind::remote:
    case SourceKind::folder:
      break;
  }
  return {};
}

Status FileLister::State::check_list(const std::string& path) const {
  Result<SourceList> list = SourceList::open(path);
  if (!list) return fail(std::move(list.error()));
  for (;;) {
    Result<std::optional<std::string>> line = list->next();
    if (!line) return fail(std::move(line.error()));
    if (!*line) return {};
    Status good;
    if (Result<Source> source = look_at(**line); !source)
      good = fail(std::move(source.error()));
    else if (source->kind == SourceKind::list)
      good = fail(unusable(**line, "a list cannot name another list"));
    else
      good = check(*source, **line);
    if (!good)
      return fail(good.error().code,
                  fmt::format("{}:{}: {}", path, list->line(), good.error().message));
  }
}

Status FileLister::State::check_sources() {
  if (sources_.empty()) return fail(Errc::usage, "no source was named");
  if (options_.working_folder.empty()) {
    Result<std::string> folder = current_folder();
    if (!folder) return fail(std::move(folder.error()));
    options_.working_folder = std::move(*folder);
  }
  several_ = sources_.size() > 1;
  for (const std::string& given : sources_) {
    Result<Source> source = look_at(given);
    if (!source) return fail(std::move(source.error()));
    several_ = several_ || source->kind == SourceKind::list;
    if (Status good = check(*source, given); !good) return good;
  }
  return {};
}

/// The next source of the list that is being read, or of those given.
Result<std::optional<std::string>> FileLister::State::next_source() {
  if (list_) {
    Result<std::optional<std::string>> line = list_->next();
    if (!line || *line) return line;
    list_.reset();
  }
  if (at_ == sources_.size()) return std::optional<std::string>();
  return std::optional<std::string>(sources_[at_++]);
}

/// Turns to a source; gives its object when it is just one.
Result<std::optional<Listed>> FileLister::State::begin(const std::string& given) {
  Result<Source> source = look_at(given);
  if (!source) {
    // It was there when the run began.
    Error error{Errc::not_found, std::move(source.error().message)};
    return unreadable_place(given, std::move(error));
  }
  switch (source->kind) {
    case SourceKind::standard_input:
      return std::optional<Listed>(Listed{.object = standard_input_envelope(), .error = {}});
    case SourceKind::file:
      return std::optional<Listed>(
          Listed{.object = S_ISREG(source->info.st_mode)
                               ? file_envelope(std::move(source->path), source->info)
                               : stream_envelope(std::move(source->path)),
                 .error = {}});
    case SourceKind::folder:
    case SourceKind::pattern:
      walk_.emplace(walk(*source, true));
      break;
    case SourceKind::list: {
      Result<SourceList> list = SourceList::open(source->path);
      if (!list) return fail(std::move(list.error()));
      list_ = std::move(*list);
      break;
    }
    case SourceKind::remote: {
      Result<std::unique_ptr<ObjectLister>> remote = options_.remote(source->path);
      if (!remote) return fail(std::move(remote.error()));
      remote_ = std::move(*remote);
      break;
    }
  }
  return std::optional<Listed>();
}

/// What the folder, pattern or remote source that is being listed yields next.
Result<std::optional<Listed>> FileLister::State::from_current() {
  if (walk_) {
    if (std::optional<FolderWalk::Found> found = walk_->next()) {
      if (found->error) return unreadable_place(std::move(found->path), std::move(*found->error));
      return std::optional<Listed>(
          Listed{.object = file_envelope(std::move(found->path), found->info), .error = {}});
    }
    walk_.reset();
  }
  if (remote_) {
    Result<std::optional<Listed>> listed = remote_->next();
    if (!listed || *listed) return listed;
    remote_.reset();
  }
  return std::optional<Listed>();
}

bool FileLister::State::accepts(const Listed& listed) {
  // A stream has no time, and cannot be had in shards: naming it is all the choice there is.
  const bool wanted = listed.error || listed.object.uri == "-" || is_stream(listed.object) ||
                      options_.filter.accepts(listed.object);
  return wanted && (!several_ || seen_.add(listed.object.uri));
}

Result<std::optional<Listed>> FileLister::State::next() {
  for (;;) {
    Result<std::optional<Listed>> listed = from_current();
    if (!listed) return listed;
    if (!*listed) {
      Result<std::optional<std::string>> source = next_source();
      if (!source) return fail(std::move(source.error()));
      if (!*source) return std::optional<Listed>();
      listed = begin(**source);
      if (!listed) return listed;
    }
    if (*listed && accepts(**listed)) return listed;
  }
}

FileLister::FileLister(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {
}
FileLister::~FileLister() = default;

Result<std::unique_ptr<FileLister>> FileLister::open(std::span<const std::string> sources,
                                                     FileListerOptions options) {
  auto state = std::make_unique<State>(std::vector<std::string>(sources.begin(), sources.end()),
                                       std::move(options));
  if (Status good = state->check_sources(); !good) return fail(std::move(good.error()));
  return std::unique_ptr<FileLister>(new FileLister(std::move(state)));
}

Result<std::optional<Listed>> FileLister::next() {
  return state_->next();
}

}  // namespace hecate
