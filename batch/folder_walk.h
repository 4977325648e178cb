// folder_walk: all files below a folder, in an order that is the same every time.
//
// Names are sorted bytewise within each folder and folders are entered where their name stands, so
// that a resumed or sharded run meets files in the same order. Holds the names of the folders it is
// in, packed, and nothing of those it has left: hundreds of thousands of files in one folder cost
// some megabytes, in many folders next to nothing. Links to files are followed, links to folders
// are not, so there are no cycles.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "batch/glob.h"
#include "pipeline/result.h"

namespace hecate {

class FolderWalk {
 public:
  struct Options {
    /// Only what matches: files, or folders with all they hold.
    std::optional<Glob> pattern;
    /// False: the folder need not be entered. May be null.
    std::function<bool(std::string_view folder)> enters;
    /// False: the file need not be looked at. May be null.
    std::function<bool(std::string_view file)> takes;
    /// Told of what is left out on purpose: sockets, links to folders. May be null.
    std::function<void(std::string_view text)> notice;
  };
  struct Found {
    std::string path;
    struct stat info {};
    std::optional<Error> error;  ///< the file or folder at `path` cannot be looked at
  };

  /// `root` is an absolute path. It may be a link; it is entered when the first file is asked for.
  FolderWalk(std::string root, Options options);

  /// The next file, or a place that could not be read; nothing at the end.
  std::optional<Found> next();

 private:
  struct Level {
    std::string path;
    bool whole = false;  // a folder on the way matched the pattern: everything below is taken
    std::string names;   // for each: d_type, the name, a zero
    std::vector<std::uint32_t> order;  // offsets into `names`, sorted by name
    std::size_t at = 0;
  };

  std::optional<Found> enter(std::string path, bool whole);
  static std::optional<Error> read_names(Level& level);
  std::optional<Found> visit(std::string path, unsigned char type, bool whole);
  std::optional<Found> visit_file(std::string path, bool linked, bool whole);
  void tell(const std::string& path, const char* what) const;

  Options options_;
  std::string root_;
  bool begun_ = false;
  std::vector<Level> levels_;
};

}  // namespace hecate
