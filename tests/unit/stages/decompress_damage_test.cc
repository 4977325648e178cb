// Damaged compressed objects: whatever is wrong, what was readable comes first, then the reason.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/compressed.h"
#include "tests/support/cpu_time.h"
#include "tests/support/parsed_object.h"
#include "tests/support/read_all.h"

namespace hecate {
namespace {

using ::testing::HasSubstr;

std::string sample_text() {
  std::string text;
  for (int i = 0; i < 120; ++i) {
    text += "line " + std::to_string(i * 7919) + " of a log, " + std::to_string(i % 13) + " ms\n";
  }
  return text;
}

// Nothing invented, nothing silent: a beginning of `text`, and an error.
void expect_damage(const ReadText& got, std::string_view text) {
  ASSERT_TRUE(got.error) << "damage went unnoticed";
  EXPECT_EQ(got.error->code, Errc::bad_object);
  ASSERT_TRUE(text.starts_with(got.text)) << "bytes came out that were never put in";
}

TEST(DecompressDamage, a_cut_at_every_byte_of_a_gzip_object_is_told) {
  const std::string text = sample_text();
  GzipFields header;
  header.flags = GzipFields::name | GzipFields::extra | GzipFields::header_crc;
  header.name_text = "archive";
  header.extra_bytes = "xx";
  const std::string first = gzip_member(text.substr(0, 1000), 6, Z_DEFAULT_STRATEGY, header);
  const std::string object = first + gzip_member(text.substr(1000));
  for (std::size_t cut = 3; cut < object.size(); ++cut) {
    if (cut == first.size()) continue;  // a whole object of its own
    SCOPED_TRACE("cut at " + std::to_string(cut));
    ASSERT_NO_FATAL_FAILURE(expect_damage(decompressed(object.substr(0, cut)), text));
    ASSERT_NO_FATAL_FAILURE(
        expect_damage(decompressed(object.substr(0, cut), Pieces::of(1), 7), text));
  }
}

TEST(DecompressDamage, a_cut_gives_all_that_was_readable_however_it_arrives) {
  const std::string text = sample_text();
  const std::string object = gzip_member(text, 0);  // stored: a byte in, a byte out
  const std::size_t head = gzip_header().size() + 5;
  for (const std::size_t cut : {head + 4, head + 100, head + 1999, object.size() - 8}) {
    EXPECT_EQ(decompressed(object.substr(0, cut)).text, text.substr(0, cut - head)) << cut;
    EXPECT_EQ(decompressed(object.substr(0, cut), Pieces::of(1)).text, text.substr(0, cut - head));
  }
}

TEST(DecompressDamage, a_cut_at_every_byte_of_a_zstd_object_is_told) {
  const std::string text = sample_text();
  const std::string object = zstd_frame(text);
  for (std::size_t cut = 4; cut < object.size(); ++cut) {
    SCOPED_TRACE("cut at " + std::to_string(cut));
    ASSERT_NO_FATAL_FAILURE(expect_damage(decompressed(object.substr(0, cut)), text));
    ASSERT_NO_FATAL_FAILURE(
        expect_damage(decompressed(object.substr(0, cut), Pieces::of(1), 7), text));
  }
}

TEST(DecompressDamage, a_cut_in_an_inner_layer_is_told) {
  const std::string inner = gzip_member(sample_text());
  for (std::size_t cut = 3; cut < inner.size(); cut += 5) {
    ASSERT_NO_FATAL_FAILURE(
        expect_damage(decompressed(gzip_member(inner.substr(0, cut))), sample_text()));
  }
}

TEST(DecompressDamage, objects_cut_within_the_magic_are_no_logs) {
  const std::string object = gzip_member("some text\n");
  for (std::size_t cut = 1; cut < 12; ++cut) {
    const ParsedObject got = parse_bytes(object.substr(0, cut));
    ASSERT_TRUE(got.error) << cut;
    EXPECT_EQ(got.error->code, Errc::bad_object);
    EXPECT_TRUE(got.events.empty());
  }
}

TEST(DecompressDamage, a_wrong_checksum_or_size_is_named_after_all_members_were_read) {
  const std::string members[] = {gzip_member("one\n"), gzip_member("two\n"),
                                 gzip_member("three\n")};
  for (std::size_t from_end = 1; from_end <= 8; ++from_end) {
    std::string damaged = members[1];
    damaged[damaged.size() - from_end] ^= 0x10;
    const std::string object = members[0] + damaged + members[2];
    for (const std::size_t piece : {std::size_t{1}, object.size()}) {
      const ReadText got = decompressed(object, Pieces::of(piece));
      EXPECT_EQ(got.text, "one\ntwo\nthree\n");
      ASSERT_TRUE(got.error) << from_end;
      EXPECT_EQ(got.error->code, Errc::bad_object);
      EXPECT_THAT(got.error->message, HasSubstr("CRC mismatch in member 2"));
      EXPECT_THAT(got.error->message,
                  HasSubstr("byte " + std::to_string(members[0].size() + members[1].size())));
    }
  }
}

TEST(DecompressDamage, bytes_behind_a_member_that_are_none_are_told_after_its_text) {
  for (const std::string_view garbage : {"x", "garbage", "\x1f\x8b", "\x1f\x8b\x07zzzzz"}) {
    const ReadText got = decompressed(gzip_member("text\n") + std::string(garbage));
    EXPECT_EQ(got.text, "text\n");
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, Errc::bad_object);
    EXPECT_THAT(got.error->message, HasSubstr("behind gzip member 1"));
  }
  const ReadText zeros = decompressed(gzip_member("text\n") + std::string(70000, '\0') + "x");
  EXPECT_EQ(zeros.text, "text\n");
  EXPECT_TRUE(zeros.error);
}

TEST(DecompressDamage, zstd_frames_followed_by_garbage_give_their_text_first) {
  const ReadText got = decompressed(zstd_frame("text\n") + "garbage");
  EXPECT_EQ(got.text, "text\n");
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_object);
}

TEST(DecompressDamage, header_lies_are_told) {
  std::string reserved = gzip_member("text\n");
  reserved[3] = static_cast<char>(0x80);
  GzipFields header;
  header.flags = GzipFields::header_crc | GzipFields::name;
  header.name_text = "name";
  std::string wrong_crc = gzip_member("text\n", 6, Z_DEFAULT_STRATEGY, header);
  wrong_crc[10] = 'N';
  std::string unending = gzip_header();
  unending[3] = GzipFields::name;
  unending += std::string(1 << 20, 'n');
  for (const std::string& object : {reserved, wrong_crc, unending}) {
    const ReadText got = decompressed(object);
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, Errc::bad_object);
    EXPECT_EQ(got.text, "");
  }
  EXPECT_THAT(decompressed(wrong_crc).error->message, HasSubstr("header"));
}

// Every single bit of a sample, flipped. The text must come out right, or the damage be told.
void flip_every_bit(const std::string& object, std::string_view text, std::size_t magic_bytes,
                    std::size_t ignored_max) {
  std::size_t ignored = 0;
  for (std::size_t bit = 0; bit < object.size() * 8; ++bit) {
    std::string flipped = object;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const ReadText got = decompressed(flipped);
    if (got.error) {
      ASSERT_EQ(got.error->code, Errc::bad_object) << "bit " << bit;
      continue;
    }
    if (bit / 8 < magic_bytes) {  // no compression that anybody knows
      ASSERT_EQ(got.text, flipped);
      continue;
    }
    ASSERT_TRUE(got.text == text) << "wrong bytes in silence, bit " << bit;
    ++ignored;
  }
  EXPECT_LE(ignored, ignored_max);
}

TEST(DecompressDamage, no_flipped_bit_gives_wrong_text_in_silence) {
  std::string text = sample_text();
  const std::string object = gzip_member(text);
  ASSERT_GT(object.size(), 600U);
  // Ignored: 4 bytes of time, the extra flags, the system, and the flag that says "text".
  constexpr std::size_t ignored = 6 * 8 + 1;
  flip_every_bit(object, text, 3, ignored + 7);  // and what pads the last block
  text.resize(300);
  flip_every_bit(gzip_member(text, 0), text, 3, ignored + 7);
  flip_every_bit(gzip_member(text, 6, Z_FIXED), text, 3, ignored + 7);
  const std::string two = gzip_member(text.substr(0, 150)) + gzip_member(text.substr(150));
  flip_every_bit(two, text, 3, 2 * (ignored + 7));
  flip_every_bit(zstd_frame(text), text, 4, 16);
}

TEST(DecompressDamage, compressed_data_without_its_magic_is_refused_as_binary) {
  for (int bit = 0; bit < 24; ++bit) {
    std::string object = gzip_member(sample_text());
    object[static_cast<std::size_t>(bit / 8)] ^= static_cast<char>(1 << (bit % 8));
    const ParsedObject got = parse_bytes(object);
    ASSERT_TRUE(got.error) << bit;
    EXPECT_EQ(got.error->code, Errc::bad_object);
    EXPECT_TRUE(got.events.empty());
  }
}

TEST(DecompressDamage, damage_late_in_an_object_does_not_cost_what_stood_before_it) {
  const std::uint64_t seed = test_seed(15);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  std::string text(600'000, 'x');
  for (char& c : text) c = static_cast<char>('a' + random.below(16));
  struct Case {
    std::string object;
    std::size_t lost_max;  // of what stood before the damage
  };
  for (Case& c : std::vector<Case>{{gzip_member(text), 10'000},
                                   {gzip_member(text, 1), 10'000},
                                   {zstd_frame(text), 132'000}}) {  // a block has 128 KiB
    const std::size_t damage = c.object.size() * 9 / 10;
    for (std::size_t i = 0; i < 200; ++i)
      c.object[damage + i] = static_cast<char>(random.below(256));
    for (const std::size_t into_bytes : {limits::text_chunk_bytes, std::size_t{1 << 20}}) {
      const ReadText got = decompressed(c.object, Pieces::whole(), into_bytes);
      ASSERT_TRUE(got.error);
      const std::size_t kept = text.size() * 9 / 10 - c.lost_max;
      ASSERT_GE(got.text.size(), kept);  // and wrong text where the damage happens to decode
      EXPECT_TRUE(got.text.compare(0, kept, text, 0, kept) == 0);
    }
  }
}

TEST(DecompressDamage, random_damage_never_hangs_and_never_crashes) {
  const std::uint64_t seed = test_seed(14);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  const std::string text = sample_text();
  const std::string samples[] = {gzip_member(text) + gzip_member(text, 1), zstd_frame(text),
                                 gzip_member(gzip_member(text)), gzip_member(text, 0)};
  const CpuTime time;
  for (int round = 0; round < 4000; ++round) {
    std::string object = samples[random.below(4)];
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
      const std::size_t at = random.below(object.size());
      const std::uint64_t kind = random.below(3);
      if (kind == 0) object[at] = static_cast<char>(random.below(256));
      if (kind == 1) object.erase(at, random.below(20));
      if (kind == 2) object.insert(at, object.substr(random.below(object.size()), 20));
      if (object.empty()) object = "x";
    }
    const ReadText whole = decompressed(object);
    const ReadText pieces = decompressed(object, Pieces::random(seed, 50), 1 + random.below(600));
    ASSERT_EQ(whole.error.has_value(), pieces.error.has_value()) << "round " << round;
  }
  EXPECT_LT(time.seconds(), 20.0);
}

}  // namespace
}  // namespace hecate
