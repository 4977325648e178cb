// file_lister: turns the SRC arguments of a command into the sequence of its objects.
//
//   logs/  a.gz  'logs/**/*.gz'  @list.txt  -  s3://bucket/prefix
//
// A SRC is a file, a folder (with all below it, folder_walk.h), a pattern (glob.h), a list of more
// of them (one a line, blank lines and lines with # in front skipped), or standard input. Every SRC
// is looked at before the first object is handed out, so that a mistyped one stops the run before
// it began. What has a scheme (s3://...) is somebody else's: see `remote`. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/object_filter.h"
#include "batch/object_lister.h"

namespace hecate {

/// Lists a source that is not a file. Called when its turn comes.
using RemoteSource =
    std::function<Result<std::unique_ptr<ObjectLister>>(const std::string& source)>;

struct FileListerOptions {
  ObjectFilter filter;
  /// Told of what is left out on purpose. May be null.
  std::function<void(std::string_view text)> notice;
  /// For sources with a scheme. Null: they are wrong usage.
  RemoteSource remote;
  /// What relative sources are relative to. Empty: the current folder.
  std::string working_folder;
};

class FileLister final : public ObjectLister {
 public:
  /// Errc::usage when a source does not exist, matches nothing, or cannot be one.
  static Result<std::unique_ptr<FileLister>> open(std::span<const std::string> sources,
                                                  FileListerOptions options);
  ~FileLister() override;
  Result<std::optional<Listed>> next() override;

 private:
  class State;
  explicit FileLister(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace hecate
