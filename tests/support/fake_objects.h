// fake_objects: objects in memory, listed in the order they were added, and a store that opens
// them.
//
// An object may refuse to be opened, or break off in an error; a place may be impossible to list.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "batch/object_lister.h"
#include "pipeline/io.h"
#include "tests/support/memory_reader.h"

namespace hecate {

class FakeObjects final : public ObjectLister, public ObjectStore {
 public:
  /// A plain object; `ends_in` ends the reading of it behind its bytes.
  void add(const std::string& uri, std::string bytes, std::optional<Error> ends_in = {}) {
    Object& object = objects_[uri];
    object.bytes = std::move(bytes);
    object.ends_in = std::move(ends_in);
    Envelope envelope;
    envelope.uri = uri;
    envelope.identity = "v1";
    envelope.folder = "folder";
    envelope.modified_ms = 1'700'000'000'000;
    listed_.push_back({std::move(envelope), std::nullopt});
  }
  void add_unopenable(const std::string& uri, Error error) {
    add(uri, {});
    objects_[uri].refuses = std::move(error);
  }
  void add_unlistable(const std::string& uri, Error error) {
    Envelope envelope;
    envelope.uri = uri;
    listed_.push_back({std::move(envelope), std::move(error)});
  }
  /// The listing itself fails behind what was added.
  void end_listing_in(Error error) { listing_ends_in_ = std::move(error); }

  Result<std::optional<Listed>> next() override {
    if (next_ < listed_.size()) return std::optional<Listed>(listed_[next_++]);
    if (listing_ends_in_) return fail(*listing_ends_in_);
    return std::optional<Listed>();
  }
  Result<std::unique_ptr<ByteReader>> open(const Envelope& envelope) override {
    opened.push_back(envelope.uri);
    const Object& object = objects_.at(envelope.uri);
    if (object.refuses) return fail(*object.refuses);
    return std::unique_ptr<ByteReader>(
        std::make_unique<MemoryReader>(object.bytes, Pieces::whole(), object.ends_in));
  }

  std::vector<std::string> opened;

 private:
  struct Object {
    std::string bytes;
    std::optional<Error> ends_in, refuses;
  };
  std::map<std::string, Object> objects_;
  std::vector<Listed> listed_;
  std::size_t next_ = 0;
  std::optional<Error> listing_ends_in_;
};

}  // namespace hecate
