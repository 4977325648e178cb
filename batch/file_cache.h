// file_cache: compiled patterns kept between runs, a file each.
//
// ${XDG_CACHE_HOME:-$HOME/.cache}/hecate/<key>; folder and files are for their owner only. Anything
// that goes wrong means that it is compiled again, nothing more.
#pragma once

#include <string>

#include "pipeline/config.h"
#include "pipeline/io.h"

namespace hecate {

class FileCache final : public BlobCache {
 public:
  /// Keeps nothing when neither variable is set.
  explicit FileCache(const Environment& environment);
  std::optional<std::string> load(std::string_view key) override;
  void store(std::string_view key, std::string_view bytes) override;

 private:
  std::string folder_;  // empty: none
};

}  // namespace hecate
