#include "batch/folder_walk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include <dirent.h>
#include <fmt/core.h>

#include "batch/posix_file.h"

namespace hecate {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

Error unreadable(const std::string& path, const char* what, int error_number) {
  const bool denied = error_number == EACCES || error_number == EPERM;
  const bool gone = error_number == ENOENT || error_number == ENOTDIR;
  const Errc code = denied ? Errc::denied : gone ? Errc::not_found : Errc::bad_object;
  return {code, fmt::format("{}: cannot read {}: {}", path, what, errno_text(error_number))};
}

}  // namespace

FolderWalk::FolderWalk(std::string root, Options options)
    : options_(std::move(options)), root_(std::move(root)) {
}

std::optional<FolderWalk::Found> FolderWalk::next() {
  if (!begun_) {
    begun_ = true;
    const bool whole = !options_.pattern || options_.pattern->matches(root_);
    if (std::optional<Found> error = enter(root_, whole)) return error;
  }
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.at == level.order.size()) {
      levels_.pop_back();
      continue;
    }
    const char* entry = level.names.data() + level.order[level.at++];
    std::string path = level.path == "/" ? "/" : level.path + "/";
    path += entry + 1;
    if (std::optional<Found> found =
            visit(std::move(path), static_cast<unsigned char>(*entry), level.whole))
      return found;
  }
  return std::nullopt;
}

std::optional<FolderWalk::Found> FolderWalk::enter(std::string path, bool whole) {
  if (options_.enters && !options_.enters(path)) return std::nullopt;
  Level level;
  level.path = std::move(path);
  level.whole = whole;
  std::optional<Error> error = read_names(level);
  std::optional<Found> found;
  // What could be read before a failure is still visited.
  if (error) found = Found{.path = level.path, .error = std::move(error)};
  levels_.push_back(std::move(level));
  return found;
}

std::optional<Error> FolderWalk::read_names(Level& level) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(level.path.c_str()));
  if (!folder) return unreadable(level.path, "folder", errno);
  std::optional<Error> error;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) {
      if (errno != 0) error = unreadable(level.path, "all of the folder", errno);
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (level.names.size() + name.size() + 2 > std::numeric_limits<std::uint32_t>::max()) {
      error = Error{
          Errc::too_large,
          fmt::format("{}: more names than can be sorted; name its files in parts", level.path)};
      break;
    }
    level.order.push_back(static_cast<std::uint32_t>(level.names.size()));
    level.names += static_cast<char>(entry->d_type);
    level.names.append(name).push_back('\0');
  }
  const char* names = level.names.data();
  std::sort(level.order.begin(), level.order.end(), [names](std::uint32_t a, std::uint32_t b) {
    return std::strcmp(names + a + 1, names + b + 1) < 0;
  });
  return error;
}

std::optional<FolderWalk::Found> FolderWalk::visit(std::string path, unsigned char type,
                                                   bool whole) {
  if (type == DT_UNKNOWN) {  // some file systems do not say
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
      Error error = unreadable(path, "file", errno);
      return Found{.path = std::move(path), .error = std::move(error)};
    }
    type = static_cast<unsigned char>(IFTODT(info.st_mode));
  }
  if (type == DT_DIR) {
    const bool matched = whole || options_.pattern->matches(path);
    if (!matched && !options_.pattern->may_match_below(path)) return std::nullopt;
    return enter(std::move(path), matched);
  }
  return visit_file(std::move(path), type == DT_LNK, whole);
}

std::optional<FolderWalk::Found> FolderWalk::visit_file(std::string path, bool linked, bool whole) {
  if (!whole && !options_.pattern->matches(path)) return std::nullopt;
  if (options_.takes && !options_.takes(path)) return std::nullopt;
  Found found;
  if (::stat(path.c_str(), &found.info) != 0) {
    found.error = unreadable(path, linked ? "what the link leads to" : "file", errno);
  } else if (S_ISDIR(found.info.st_mode)) {
    tell(path, "a link to a folder is not followed; name the folder itself");
    return std::nullopt;
  } else if (!S_ISREG(found.info.st_mode)) {
    tell(path, "skipped: neither a file nor a folder");
    return std::nullopt;
  }
  found.path = std::move(path);
  return found;
}

void FolderWalk::tell(const std::string& path, const char* what) const {
  if (options_.notice) options_.notice(fmt::format("{}: {}", path, what));
}

}  // namespace hecate
