// The set of seen ids, held against the one of the standard library, and at its bound.
#include "receive/id_set.h"

#include <random>
#include <unordered_set>

#include <gtest/gtest.h>

namespace hecate::receive {
namespace {

TEST(IdSet, agrees_with_a_set_of_the_standard_library) {
  const unsigned seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  IdSet ids;
  std::unordered_set<uint64_t> expected;
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t id = random() % 100'000 * 1024 + 1;
    ASSERT_EQ(ids.insert(id), expected.insert(id).second);
  }
  EXPECT_EQ(ids.size(), expected.size());
  EXPECT_FALSE(ids.full());
}

TEST(IdSet, forgets_nothing_and_invents_nothing_when_full) {
  IdSet ids(3);
  EXPECT_TRUE(ids.insert(0));
  EXPECT_TRUE(ids.insert(10));
  EXPECT_TRUE(ids.insert(20));
  EXPECT_FALSE(ids.full());
  EXPECT_TRUE(ids.insert(30));
  EXPECT_TRUE(ids.insert(30));
  EXPECT_TRUE(ids.full());
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_FALSE(ids.insert(0));
  EXPECT_FALSE(ids.insert(20));
}

}  // namespace
}  // namespace hecate::receive
