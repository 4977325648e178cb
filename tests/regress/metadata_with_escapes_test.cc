// A log group with an escape in its name was unescaped into a string without room behind its end.
// Found by fuzz_utf8_repair.
//
// Unescaping writes in strides of 16 bytes, so what it writes to needs room for one stride more. A
// long name overran its string by a few bytes. Seen by AddressSanitizer; without it, by luck only.
#include <string>

#include <gtest/gtest.h>

#include "pipeline/limits.h"
#include "stages/json_scan.h"

namespace hecate {
namespace {

TEST(Regress, metadata_of_any_length_are_unescaped_within_their_room) {
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string name = std::string(size, 'a');
    const std::string raw = "\\/" + name;
    const std::string padded = raw + std::string(limits::padding_bytes, ' ');
    const JsonSlice slice{std::string_view(padded).substr(0, raw.size()), Seen::backslash};
    EXPECT_EQ(json_value_of(slice), "/" + name);
  }
}

}  // namespace
}  // namespace hecate
