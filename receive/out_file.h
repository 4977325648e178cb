// out_file: an append-only file of whole lines, shared by all connections.
//
// What append() reported as written survives the end of the process: it has reached the kernel.
// When a write fails half-way (disk full) the started line is taken back, so that the file never
// holds half an envelope. It does not sync to the disk: power loss is not rehearsed here.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "pipeline/result.h"

namespace hecate::receive {

class OutFile {
 public:
  OutFile() = default;
  ~OutFile();
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  Status open(const std::string& path);

  /// Thread-safe. False when not all of `lines` could be written.
  bool append(std::string_view lines);

 private:
  std::mutex mutex_;
  int fd_ = -1;
};

}  // namespace hecate::receive
