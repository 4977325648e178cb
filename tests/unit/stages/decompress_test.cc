// Decompressing sound objects, by comparison with what zlib and zstd compressed.
#include "stages/decompress.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/limits.h"
#include "tests/support/compressed.h"
#include "tests/support/cpu_time.h"
#include "tests/support/memory_reader.h"
#include "tests/support/read_all.h"

namespace hecate {
namespace {

void expect_text(const std::string& object, std::string_view text, Pieces pieces = Pieces::whole(),
                 std::size_t into_bytes = 65536) {
  const ReadText got = decompressed(object, std::move(pieces), into_bytes);
  EXPECT_FALSE(got.error) << got.error->message;
  EXPECT_TRUE(got.text == text) << got.text.size() << " bytes of " << text.size();
}

// Text that compresses about as logs do: words out of a few.
std::string some_text(SeededRandom& random, std::size_t size) {
  static constexpr std::string_view words[] = {"ERROR", "connection", "from",  "10.0.0.1", "\n",
                                               "INFO",  "request",    "took ", "ms",       "id="};
  std::string text;
  while (text.size() < size) {
    text += words[random.below(10)];
    if (random.below(3) == 0) text += std::to_string(random.below(100000));
  }
  text.resize(size);
  return text;
}

TEST(Decompress, hands_plain_bytes_through) {
  for (const std::string_view text : {"", "a", "abc", "plain text\n", "\x1f", "\x1f\x8b", "\x28"}) {
    expect_text(std::string(text), text);
    expect_text(std::string(text), text, Pieces::of(1), 1);
  }
  expect_text(std::string(300000, 'x'), std::string(300000, 'x'), Pieces::of(70000));
}

TEST(Decompress, reads_members_one_behind_another_even_cut_within_a_line) {
  expect_text(gzip_member("first\nsec") + gzip_member("ond\n"), "first\nsecond\n");
  expect_text(gzip_member("") + gzip_member("a") + gzip_member("") + gzip_member("b"), "ab");
  expect_text(gzip_member(""), "");
}

TEST(Decompress, reads_ten_thousand_empty_members_in_linear_time) {
  std::string object;
  for (int i = 0; i < 10000; ++i) object += gzip_member("");
  object += gzip_member("end");
  const CpuTime time;
  expect_text(object, "end");
  expect_text(object, "end", Pieces::of(7));
  EXPECT_LT(time.seconds(), 5.0);
}

TEST(Decompress, peels_three_layers_and_leaves_a_fourth) {
  const std::string one = gzip_member("inside\n");
  const std::string two = gzip_member(one);
  const std::string three = gzip_member(two);
  expect_text(two, "inside\n");
  expect_text(three, "inside\n");
  expect_text(gzip_member(three), one);
  expect_text(gzip_member(three), one, Pieces::of(1), 1);
}

TEST(Decompress, peels_layers_of_both_kinds) {
  expect_text(zstd_frame(gzip_member("inside\n")), "inside\n");
  expect_text(gzip_member(zstd_frame("inside\n")), "inside\n", Pieces::of(1), 1);
  expect_text(gzip_member("") + gzip_member(gzip_member("in ") + gzip_member("two")), "in two");
}

TEST(Decompress, a_layer_that_holds_less_than_a_magic_is_plain) {
  for (const std::string_view text : {"", "a", "ab", "\x1f\x8b", "abc"}) {
    expect_text(gzip_member(text), text, Pieces::of(1), 1);
    expect_text(gzip_member(gzip_member(text)), text);
  }
}

TEST(Decompress, reads_zstd_frames_one_behind_another) {
  const std::string text(500000, 'z');
  expect_text(zstd_frame("first\n") + zstd_frame("") + zstd_frame(text), "first\n" + text);
  expect_text(zstd_frame("first\n") + zstd_frame("second\n"), "first\nsecond\n", Pieces::of(1), 1);
}

TEST(Decompress, ignores_zero_padding_behind_and_between_members) {
  const std::string zeros(1000, '\0');
  expect_text(gzip_member("a") + zeros, "a");
  expect_text(gzip_member("a") + std::string(1, '\0'), "a", Pieces::of(1));
  expect_text(gzip_member("a") + zeros + gzip_member("b") + zeros, "ab", Pieces::of(3));
}

TEST(Decompress, reads_every_optional_part_of_a_gzip_header) {
  for (int flags = 0; flags < 32; ++flags) {
    GzipFields header;
    header.flags = static_cast<std::uint8_t>(flags);
    header.extra_bytes = std::string("\x1f\x8b\x08\0extra", 9) + std::string(3000, 'e');
    header.name_text = "archive-" + std::string(300, 'n');
    header.comment_text = std::string(5000, 'c');
    header.modified = 1440442987;
    const std::string object =
        gzip_member("one", 6, Z_DEFAULT_STRATEGY, header) + gzip_member("two", 6, 0, header);
    SCOPED_TRACE("flags " + std::to_string(flags));
    expect_text(object, "onetwo");
    expect_text(object, "onetwo", Pieces::of(1), 1);
  }
}

TEST(Decompress, reads_what_zlib_wrote_at_every_level_and_strategy_in_pieces_of_any_size) {
  const std::uint64_t seed = test_seed(11);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int level = 0; level <= 9; ++level) {
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
      const std::string text = some_text(random, random.below(120000));
      const std::string object = gzip_member(text, level, strategy);
      SCOPED_TRACE("level " + std::to_string(level) + " strategy " + std::to_string(strategy));
      expect_text(object, text);
      expect_text(object, text, Pieces::random(seed + 1, 5000), 1 + random.below(5000));
    }
  }
}

TEST(Decompress, reads_random_bytes_in_members_of_random_sizes) {
  const std::uint64_t seed = test_seed(12);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 150; ++round) {
    std::string text;
    std::string object;
    for (std::uint64_t members = random.below(6); members > 0; --members) {
      std::string part(random.below(9000), '\0');
      const std::uint64_t alphabet = 1 + random.below(256);
      for (char& c : part) c = static_cast<char>('A' + random.below(alphabet));
      if (text.empty()) part.insert(0, "text");  // not by chance another layer
      object += gzip_member(part, static_cast<int>(random.below(10)));
      text += part;
    }
    expect_text(object, text, Pieces::random(seed, 1 + random.below(9000)), 1 + random.below(9000));
  }
}

TEST(Decompress, works_a_byte_at_a_time) {
  const std::uint64_t seed = test_seed(13);
  SeededRandom random(seed);
  const std::string text = some_text(random, 20000);
  for (const int level : {0, 1, 6}) {
    const std::string object = gzip_member(text, level) + gzip_member(text, level);
    expect_text(object, text + text, Pieces::of(1), 1);
    expect_text(object, text + text, Pieces::of(1));
    expect_text(object, text + text, Pieces::whole(), 1);
  }
  expect_text(zstd_frame(text), text, Pieces::of(1), 1);
}

TEST(Decompress, reads_stored_blocks_and_blocks_of_every_size_around_the_limits) {
  for (const std::size_t size : {0UL, 1UL, 65534UL, 65535UL, 65536UL, 131070UL, 200000UL}) {
    const std::string text(size, 's');
    expect_text(gzip_member(text, 0), text);
    expect_text(gzip_member(text, 0), text, Pieces::of(1000), 999);
  }
}

TEST(Decompress, streams_much_output_from_little_input) {
  constexpr std::size_t mib = 1 << 20;
  std::string object;
  for (int i = 0; i < 8; ++i) object += gzip_member(std::string(25 * mib, '\0'));
  ASSERT_LT(object.size(), 300'000U);
  MemoryReader reader(object);
  Decompress decompress;
  ASSERT_TRUE(decompress.open(reader));
  std::vector<char> into(limits::text_chunk_bytes);
  std::size_t total = 0;
  while (true) {
    const Result<std::size_t> got = decompress.read(into);
    ASSERT_TRUE(got);
    if (*got == 0) break;
    total += *got;
  }
  EXPECT_EQ(total, 200 * mib);
  EXPECT_EQ(decompress.bytes_in(), object.size());
}

TEST(Decompress, empty_deflate_blocks_without_end_cost_no_more_than_their_bytes) {
  // A fixed block that holds only its end takes ten bits: 5 bytes are four of them.
  std::string blocks;
  for (int i = 0; i < 400'000; ++i) blocks += std::string("\x02\x08\x20\x80\x00", 5);
  const CpuTime time;
  const ReadText endless = decompressed(gzip_header() + blocks);
  ASSERT_TRUE(endless.error);
  EXPECT_EQ(endless.error->code, Errc::bad_object);
  expect_text(gzip_header() + blocks + deflated("end") + gzip_trailer("end"), "end");
  EXPECT_LT(time.seconds(), 5.0);
}

TEST(Decompress, starts_afresh_on_every_object) {
  Decompress decompress;
  const std::string objects[] = {gzip_member(gzip_member("a")),  "plain",          zstd_frame("b"),
                                 gzip_member("c").substr(0, 15), gzip_member("d"), ""};
  const std::string texts[] = {"a", "plain", "b", "", "d", ""};
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < std::size(objects); ++i) {
      MemoryReader reader(objects[i]);
      const ReadText got = read_all(decompress, reader);
      if (i != 3) {
        EXPECT_EQ(got.text, texts[i]);
      }
      EXPECT_EQ(got.error.has_value(), i == 3);
      EXPECT_EQ(decompress.bytes_in(), objects[i].size());
    }
  }
}

TEST(Decompress, passes_on_what_the_objects_reader_failed_with) {
  const Error broken{Errc::transient, "connection reset"};
  for (const std::string& object : {gzip_member("text").substr(0, 15), std::string("plain text")}) {
    MemoryReader reader(object, Pieces::of(4), broken);
    Decompress decompress;
    const ReadText got = read_all(decompress, reader);
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, Errc::transient);
    EXPECT_EQ(got.error->message, "connection reset");
  }
}

}  // namespace
}  // namespace hecate
