// message_feed: see the header.
#include "generate/message_feed.h"

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "pipeline/check.h"

namespace hecate::generate {
namespace {

// How long messages are, as shares of 20,000. Real log groups look alike here: most lines are what
// one printf makes, some carry a context of keys and values, few are dumps, and those few hold much
// of the bytes. The first class leaves a message as its template makes it (60 to 200 bytes); the
// others let templates that can grow reach a length drawn from the range. The last class, one in
// 20,000 templates drawn, is what breaks readers with fixed line buffers.
struct LengthClass {
  unsigned share = 0;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};
constexpr unsigned shares_total = 20'000;
constexpr std::array<LengthClass, 6> length_classes = {{
    {11'999, 0, 0},
    {5'000, 120, 240},
    {2'200, 240, 600},
    {740, 600, 2'000},
    {60, 2'000, 9'000},
    {1, 10'000, 300'000},
}};

std::size_t wanted_bytes(Random& random) {
  std::uint64_t drawn = random.below(shares_total);
  for (const LengthClass& length : length_classes) {
    if (drawn < length.share) return random.between(length.low, length.high);
    drawn -= length.share;
  }
  check(false, "the shares of the length classes sum up");
  return 0;
}

}  // namespace

TemplateFeed::TemplateFeed(Random& random) : random_(random) {
  for (const Service& service : all_services()) {
    unsigned sum = 0;
    std::vector<Weighted>& templates = services_.emplace_back();
    for (const MessageTemplate& message : service.messages) {
      sum += message.weight;
      templates.push_back({sum, TextTemplate(message.text)});
    }
  }
}

Status TemplateFeed::next(std::string& message, std::size_t service, std::int64_t now_ms) {
  message.clear();
  std::vector<Weighted>& templates = services_[service];
  const std::uint64_t drawn = random_.below(templates.back().up_to);
  std::size_t chosen = 0;
  while (templates[chosen].up_to <= drawn) ++chosen;
  templates[chosen].text.expand(message, random_, now_ms, wanted_bytes(random_));
  return {};
}

LineFeed::LineFeed(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), stream_buffer_(std::size_t{256} * 1024) {
}

Result<std::unique_ptr<LineFeed>> LineFeed::open(std::vector<std::filesystem::path> files) {
  check(!files.empty(), "a line feed has at least one file");
  std::unique_ptr<LineFeed> feed(new LineFeed(std::move(files)));
  bool any = false;
  std::string line;
  for (std::size_t i = 0; i < feed->files_.size(); ++i) {
    if (Status opened = feed->open_next_file(); !opened) return fail(std::move(opened.error()));
    while (!any && feed->read_line(line)) any = !line.empty();
  }
  if (!any) {
    return fail(Errc::usage, fmt::format("{}: no lines to make events of; give a file with text",
                                         feed->files_.front().string()));
  }
  feed->stream_.close();
  feed->carry_.clear();
  return feed;
}

Status LineFeed::open_next_file() {
  const std::filesystem::path& path = files_[next_file_];
  next_file_ = (next_file_ + 1) % files_.size();
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(Errc::usage, fmt::format("{}: is a folder; name files of lines", path.string()));
  stream_ = std::ifstream();
  stream_.rdbuf()->pubsetbuf(stream_buffer_.data(),
                             static_cast<std::streamsize>(stream_buffer_.size()));
  stream_.open(path, std::ios::binary);
  if (!stream_) {
    return fail(Errc::not_found,
                fmt::format("{}: cannot open; check the path and its permissions", path.string()));
  }
  return {};
}

bool LineFeed::read_line(std::string& line) {
  constexpr std::size_t continuation_bytes_max = 3;
  line.swap(carry_);
  carry_.clear();
  std::streambuf& bytes = *stream_.rdbuf();
  bool any = !line.empty();
  for (int next = bytes.sbumpc(); next != std::char_traits<char>::eof(); next = bytes.sbumpc()) {
    any = true;
    if (next == '\n') break;
    line += static_cast<char>(next);
    if (line.size() > line_bytes_max) {
      std::size_t cut = line.size() - 1;
      const auto inside_character = [&] {
        return (static_cast<unsigned char>(line[cut]) & 0xC0U) == 0x80U;
      };
      while (line.size() - cut <= continuation_bytes_max && inside_character()) --cut;
      carry_.assign(line, cut);
      line.resize(cut);
      return true;
    }
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  // Line formats drop trailing CRs, so a line of nothing else would become an empty event there.
  if (line.find_first_not_of('\r') == std::string::npos) line.clear();
  return any;
}

Status LineFeed::next(std::string& message, std::size_t /*service*/, std::int64_t /*now_ms*/) {
  message.clear();
  // A round through all files without a line means that they changed since they were opened.
  for (std::size_t opened = 0; message.empty();) {
    if (stream_.is_open() && read_line(message)) continue;
    if (opened++ > files_.size())
      return fail(Errc::not_found,
                  fmt::format("{}: became empty while it was being read", files_.front().string()));
    if (Status status = open_next_file(); !status) return status;
  }
  return {};
}

}  // namespace hecate::generate
