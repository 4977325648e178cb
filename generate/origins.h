// origins: the log streams that sample events come from.
//
// Each invented service gets a few streams, fixed for a run, so that streams recur across documents
// and objects as they do in an account.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generate/random.h"
#include "generate/services.h"

namespace hecate::generate {

/// The account that owns all sample log groups.
inline constexpr std::string_view sample_account = "123456789012";

struct Origin {
  std::size_t service = 0;  // index into all_services()
  std::string log_group;
  std::string log_stream;
};

class Origins {
 public:
  /// Draws the streams; `plain_lines_only` leaves out services unfit for text archives.
  Origins(Random& random, std::int64_t start_ms, bool plain_lines_only);

  /// An index into all(), services being drawn by their weight.
  std::size_t draw(Random& random) const;

  [[nodiscard]] const Origin& at(std::size_t index) const { return origins_[index]; }
  [[nodiscard]] std::size_t count() const noexcept { return origins_.size(); }

 private:
  std::vector<Origin> origins_;
  std::vector<std::uint64_t> weights_up_to_;  // running sums, parallel to origins_
};

}  // namespace hecate::generate
