// Event ids: fixed for all time, because copies of an event are told by them.
#include "stages/event_id.h"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <xxhash.h>

namespace hecate {
namespace {

std::string short_id(std::uint64_t hash) {
  std::string out(short_id_bytes, '?');
  write_short_id(hash, out.data());
  return out;
}

TEST(EventId, short_ids_are_the_64_bits_in_base64url) {
  EXPECT_EQ(short_id(0), "AAAAAAAAAAA");
  EXPECT_EQ(short_id(~std::uint64_t{0}), "__________8");
  EXPECT_EQ(short_id(0x0123456789abcdef), "ASNFZ4mrze8");
  EXPECT_EQ(short_id(1), "AAAAAAAAAAE");
  EXPECT_EQ(short_id(0xfb00000000000000), "-wAAAAAAAAA");
}

TEST(EventId, every_bit_of_the_hash_shows_in_the_short_id) {
  std::set<std::string> ids = {short_id(0)};
  for (int bit = 0; bit < 64; ++bit) ids.insert(short_id(std::uint64_t{1} << bit));
  EXPECT_EQ(ids.size(), 65U);
}

TEST(EventId, cloudwatch_ids_hash_the_four_parts_joined_by_nul) {
  const std::string joined(
      "123456789012\0/aws/lambda/f\0stream\0"
      "31953106606966983378809025079804211143289615424298221568",
      12 + 1 + 13 + 1 + 6 + 1 + 56);
  IdHasher hasher;
  hasher.set_prefix({"123456789012", "/aws/lambda/f", "stream"});
  EXPECT_EQ(hasher.hash("31953106606966983378809025079804211143289615424298221568"),
            XXH3_64bits(joined.data(), joined.size()));
}

TEST(EventId, parts_do_not_run_into_one_another) {
  IdHasher a;
  IdHasher b;
  a.set_prefix({"ab", "c", "d"});
  b.set_prefix({"a", "bc", "d"});
  EXPECT_NE(a.hash("1"), b.hash("1"));
}

TEST(EventId, an_ordinal_counts_as_its_decimal_digits) {
  IdHasher hasher;
  hasher.set_prefix({"s3://bucket/key", "etag"});
  EXPECT_EQ(hasher.hash(std::uint64_t{0}), hasher.hash("0"));
  EXPECT_EQ(hasher.hash(~std::uint64_t{0}), hasher.hash("18446744073709551615"));
}

TEST(EventId, hashing_leaves_the_prefix_as_it_was) {
  IdHasher hasher;
  hasher.set_prefix({"u", "i"});
  const std::uint64_t first = hasher.hash(std::uint64_t{7});
  (void)hasher.hash("a much longer end than the one before it");
  EXPECT_EQ(hasher.hash(std::uint64_t{7}), first);
  hasher.set_prefix({"u", "j"});
  EXPECT_NE(hasher.hash(std::uint64_t{7}), first);
}

TEST(EventId, an_object_is_sixteen_hex_digits_that_tell_its_content_and_place) {
  const std::string id = object_hash_hex("s3://b/k", "etag");
  EXPECT_EQ(id.size(), 16U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(object_hash_hex("s3://b/k", "etag"), id);
  EXPECT_NE(object_hash_hex("s3://b/k", "etag2"), id);
  EXPECT_NE(object_hash_hex("s3://b/k2", "etag"), id);
}

}  // namespace
}  // namespace hecate
