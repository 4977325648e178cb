// Compressed bodies, decompressed by another library.
#include "stages/gzip_body.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/gunzip.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

std::string random_text(SeededRandom& random, std::size_t size, std::uint64_t alphabet) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.below(alphabet));
  return text;
}

TEST(GzipBody, gives_back_what_went_in_whatever_its_size_and_redundancy) {
  const std::uint64_t seed = test_seed(1);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  GzipBody gzip;
  for (const std::size_t size :
       std::initializer_list<std::size_t>{0, 1, 2, 7, 100, 4095, 32768, 65535, 65536, 65537, 131070,
                                          131072, 200000, 999999, 1000000, 3000000}) {
    for (const std::uint64_t alphabet : std::initializer_list<std::uint64_t>{1, 4, 64, 256}) {
      const std::string text = random_text(random, size, alphabet);
      EXPECT_EQ(gunzip(gzip.compress(text)), text) << size << " of " << alphabet;
    }
  }
}

TEST(GzipBody, forgets_the_body_before) {
  GzipBody gzip;
  const std::string first(500000, 'a');
  const std::string second = "{\"event\":\"b\"}\n";
  (void)gzip.compress(first);
  const std::string once(gzip.compress(second));
  EXPECT_EQ(gunzip(once), second);
  EXPECT_EQ(std::string(gzip.compress(second)), once);
}

TEST(GzipBody, makes_log_lines_much_smaller) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += R"({"time":1440442987.001,"host":"web-1","event":"GET /item/)" + std::to_string(i) +
            " 200\"}\n";
  }
  GzipBody gzip;
  EXPECT_LT(gzip.compress(text).size() * 5, text.size());
}

}  // namespace
}  // namespace hecate
