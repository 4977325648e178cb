// envelope: where a batch came from.
//
// It travels with every batch and request, so that an event can be named in a dead letter, found
// again after a crash, and given the same id on every run. Never printed into events unless a
// stage asks for it.
#pragma once

#include <cstdint>
#include <string>

namespace hecate {

/// The formats of an object's text (docs: README, "Input formats").
enum class Format : std::uint8_t {
  automatic,
  cloudwatch,
  cloudwatch_export,
  cloudtrail,
  json_lines,
  text
};

/// An input object as listed, before it is opened.
struct Envelope {
  std::string uri;       ///< absolute path of a file, s3://bucket/key, or "-" for standard input
  std::string identity;  ///< ETag, or "<size>-<mtime in ns>": another content, another identity
  std::string folder;    ///< name of the folder that holds it: host, or log stream of an export
  std::int64_t modified_ms = 0;  ///< epoch milliseconds; the time of events that carry none
  std::uint64_t size_bytes = 0;  ///< as stored (compressed); 0 when unknown
};

}  // namespace hecate
