// archive_reading: reads generated archives back for the tests of generate/.
//
// Deliberately independent of hecate's own readers: zlib inflates, simdjson parses, and lines are
// cut by hand, so that a mistake shared by writer and reader cannot hide.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>
#include <zlib.h>

namespace hecate::testing {

/// A folder that is gone when the test is over.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hecate-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// All files below a folder by their relative path, sorted.
inline std::map<std::string, std::string> read_tree(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

struct Inflated {
  std::string text;
  int members = 0;
  bool sound = false;  ///< every member was complete and its checksum right
};

inline Inflated gunzip(const std::string& bytes) {
  Inflated result;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return result;
  std::string source = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(source.data());
  stream.avail_in = static_cast<uInt>(source.size());
  std::vector<char> output(65'536);
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    status = inflate(&stream, Z_NO_FLUSH);
    result.text.append(output.data(), output.size() - stream.avail_out);
    if (status != Z_STREAM_END) continue;
    ++result.members;
    if (stream.avail_in > 0) status = inflateReset(&stream);
  }
  result.sound = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return result;
}

/// The text of an object whatever its packing.
inline std::string unpack(std::string bytes) {
  while (bytes.starts_with("\x1f\x8b")) {
    Inflated inflated = gunzip(bytes);
    EXPECT_TRUE(inflated.sound);
    bytes = std::move(inflated.text);
  }
  return bytes;
}

struct ReadEvent {
  std::string message;
  std::int64_t timestamp_ms = 0;
  std::string log_group;
  std::string log_stream;
  std::string id;
  std::string object;
  std::uint64_t record = 0;

  bool operator==(const ReadEvent&) const = default;
};

inline std::string text_of(simdjson::dom::element element) {
  std::string_view text;
  EXPECT_EQ(element.get(text), simdjson::SUCCESS);
  return std::string(text);
}

/// The lines of a text, without their line feeds.
inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// The ground truth that --expected wrote.
inline std::vector<ReadEvent> read_expected(const std::filesystem::path& path) {
  std::vector<ReadEvent> events;
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(read_file(path))) {
    simdjson::dom::element event;
    if (const auto error = parser.parse(line).get(event); error != simdjson::SUCCESS) {
      ADD_FAILURE() << error << ": " << line;
      return events;
    }
    events.push_back({text_of(event["message"]), event["timestamp_ms"].get_int64(),
                      text_of(event["log_group"]), text_of(event["log_stream"]),
                      text_of(event["id"]), text_of(event["object"]),
                      event["record"].get_uint64()});
  }
  return events;
}

struct CloudwatchContent {
  std::vector<ReadEvent> events;
  int documents = 0;
  int controls = 0;
};

/// Reads concatenated subscription documents; `object` goes into the events.
inline CloudwatchContent read_cloudwatch(const std::string& text, const std::string& object) {
  CloudwatchContent content;
  const simdjson::padded_string padded(text);
  simdjson::dom::parser parser;
  simdjson::dom::document_stream documents;
  EXPECT_EQ(parser.parse_many(padded, text.size() + 64).get(documents), simdjson::SUCCESS);
  for (auto found : documents) {
    simdjson::dom::element document;
    if (const auto error = found.get(document); error != simdjson::SUCCESS) {
      ADD_FAILURE() << error << " in " << object;
      return content;
    }
    ++content.documents;
    if (text_of(document["messageType"]) == "CONTROL_MESSAGE") {
      ++content.controls;
      continue;
    }
    EXPECT_EQ(text_of(document["owner"]), "123456789012");
    for (const simdjson::dom::element event : document["logEvents"].get_array()) {
      content.events.push_back({text_of(event["message"]), event["timestamp"].get_int64(),
                                text_of(document["logGroup"]), text_of(document["logStream"]),
                                text_of(event["id"]), object, content.events.size()});
    }
  }
  EXPECT_EQ(documents.truncated_bytes(), 0U);
  return content;
}

}  // namespace hecate::testing
