// message_feed: where the messages of sample events come from.
//
// Either from the invented services (TemplateFeed) or from the lines of the user's files, in order
// and over again (LineFeed). Formats ask for one message at a time and never know which it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "generate/random.h"
#include "generate/services.h"
#include "generate/text_template.h"
#include "pipeline/result.h"

namespace hecate::generate {

class MessageFeed {
 public:
  MessageFeed() = default;
  virtual ~MessageFeed() = default;
  MessageFeed(const MessageFeed&) = delete;
  MessageFeed& operator=(const MessageFeed&) = delete;

  /// Replaces `message` with the next message of a service (an index into all_services()),
  /// written at `now_ms`.
  virtual Status next(std::string& message, std::size_t service, std::int64_t now_ms) = 0;
};

/// Messages from the templates of services.cc.
class TemplateFeed final : public MessageFeed {
 public:
  explicit TemplateFeed(Random& random);
  Status next(std::string& message, std::size_t service, std::int64_t now_ms) override;

 private:
  struct Weighted {
    unsigned up_to = 0;  // running sum of the weights
    TextTemplate text;
  };

  Random& random_;
  std::vector<std::vector<Weighted>> services_;
};

/// Messages from files: each line without its LF or CRLF, all other bytes as they are. Empty lines,
/// also those of CRs only, are left out, since CloudWatch stores no empty events; lines longer than
/// an event may be (1 MiB) go on in the next message. After the last file comes the first again.
class LineFeed final : public MessageFeed {
 public:
  static constexpr std::size_t line_bytes_max = std::size_t{1} << 20;

  /// Opens the files once to make sure that they can be read and hold something.
  static Result<std::unique_ptr<LineFeed>> open(std::vector<std::filesystem::path> files);

  Status next(std::string& message, std::size_t service, std::int64_t now_ms) override;

 private:
  explicit LineFeed(std::vector<std::filesystem::path> files);
  Status open_next_file();
  bool read_line(std::string& line);

  std::vector<std::filesystem::path> files_;
  std::size_t next_file_ = 0;
  std::ifstream stream_;
  std::vector<char> stream_buffer_;
  std::string carry_;  // bytes read beyond a cut inside a character
};

}  // namespace hecate::generate
