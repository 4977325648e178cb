// local_sink: requests into a file, to standard output, or nowhere.
//
// The same bytes as HEC would get, one object a line. A request is settled once the system took all
// of its bytes; of a request that failed half way the file keeps nothing. A last line that a crash
// cut short is removed when the file is opened. Nothing is posted, so nothing counts as posted.
// Expects SIGPIPE to be ignored, so that a reader that went away is an Error.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "pipeline/checkpoint.h"
#include "pipeline/request.h"

namespace hecate {

class LocalSink : public Sink {
 public:
  /// Appends to the file, which is created readable for its owner only.
  static Result<std::unique_ptr<LocalSink>> open_file(const std::string& path, Ledger& ledger,
                                                      RequestPool& pool);
  /// Standard output. `fd` is for tests; it is not closed.
  static std::unique_ptr<LocalSink> standard_output(Ledger& ledger, RequestPool& pool, int fd = 1);
  /// Settles everything and keeps nothing.
  static std::unique_ptr<LocalSink> null(Ledger& ledger, RequestPool& pool);

  ~LocalSink() override;
  LocalSink(const LocalSink&) = delete;
  LocalSink& operator=(const LocalSink&) = delete;

  Status submit(std::unique_ptr<Request> request) override;
  /// Also makes a file survive a power failure.
  Status drain() override;

 private:
  enum class Kind : std::uint8_t { file, standard_output, null };
  LocalSink(Kind kind, int fd, std::string name, Ledger& ledger, RequestPool& pool);
  Status write_whole(std::string_view bytes);
  Error write_error(int error) const;

  const Kind kind_;
  const int fd_;  // -1 with null
  const std::string name_;
  bool regular_ = false;  // has a length that can be cut back
  Ledger& ledger_;
  RequestPool& pool_;
  std::mutex mutex_;  // one request is written at a time
};

}  // namespace hecate
