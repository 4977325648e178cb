// decompress: compressed bytes in, text out, a piece at a time.
//
// The content decides, never a name: gzip and zstd are known by their magic bytes and peeled off,
// layer by layer, to a bounded depth; anything else passes through. A gzip object may have any
// number of members. Everything streams: a member of many GiB needs no more
// memory than a small one (ISA-L inflates in pieces as fast as in one go).
//
// Damage never hides: what was readable comes out first, then read() fails with the member and the
// byte. After a wrong CRC the members behind it are still read, and the failure comes at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/io.h"
#include "pipeline/limits.h"
#include "pipeline/result.h"

namespace hecate {

class Decompress final : public ByteReader {
 public:
  /// Peels off at most `layers_max` layers.
  explicit Decompress(int layers_max = limits::compression_layers_max);
  ~Decompress() override;
  Decompress(Decompress&&) noexcept;
  Decompress& operator=(Decompress&&) noexcept;

  /// Starts on another object. `object` outlives the reading of it.
  Status open(ByteReader& object);
  /// Text, in order. 0 only at the end. Fails with Errc::bad_object on damage, or as `object` does.
  Result<std::size_t> read(std::span<char> into) override;
  /// Bytes taken from the object so far.
  [[nodiscard]] std::uint64_t bytes_in() const noexcept;

 private:
  class Layer;
  std::vector<std::unique_ptr<Layer>> layers_;  // one more than are peeled: the last looks only
  Layer* top_ = nullptr;
};

}  // namespace hecate
