// source_list: the lines of an @list.txt, one at a time.
//
// A list may be as long as an archive, so it is read as it is used, and not kept. The lines come as
// written, less a carriage return at the end; blank lines and comments are left out.
#pragma once

#include <optional>
#include <string>

#include "batch/posix_file.h"
#include "pipeline/result.h"

namespace hecate {

class SourceList {
 public:
  /// Errc::usage when it is not a file that can be read.
  static Result<SourceList> open(const std::string& path);
  /// The next source; nothing at the end. Errc::usage for a line that is longer than any path.
  Result<std::optional<std::string>> next();
  /// The line that next() gave last, counted from 1.
  [[nodiscard]] std::size_t line() const noexcept { return line_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  SourceList(std::string path, FileDescriptor file) noexcept
      : path_(std::move(path)), file_(std::move(file)) {}
  Result<bool> read_line(std::string& line);

  std::string path_;
  FileDescriptor file_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
};

}  // namespace hecate
