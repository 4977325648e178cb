// Base64 as transports write it, and nothing that merely looks like it.
#include "stages/base64.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/base64_text.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

Result<std::string> decoded(std::string_view text, std::size_t piece = 1000) {
  Base64Reader reader;
  if (Status opened = reader.open(text); !opened) return fail(std::move(opened.error()));
  std::string out;
  std::string buffer(piece, '\0');
  while (true) {
    Result<std::size_t> got = reader.read(buffer);
    if (!got) return fail(std::move(got.error()));
    if (*got == 0) return out;
    out.append(buffer, 0, *got);
  }
}

TEST(Base64, gives_back_bytes_of_any_length_in_pieces_of_any_size) {
  const std::uint64_t seed = test_seed(1);
  SCOPED_TRACE(fmt::format("HECATE_TEST_SEED={}", seed));
  SeededRandom random(seed);
  for (const std::size_t size : {0, 1, 2, 3, 4, 5, 3071, 3072, 3073, 3074, 10'000}) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random.below(256));
    for (const std::size_t piece : {1, 7, 3072, 100'000}) {
      const Result<std::string> got = decoded(base64_text(bytes), piece);
      ASSERT_TRUE(got) << got.error().message;
      EXPECT_EQ(*got, bytes);
    }
  }
}

TEST(Base64, refuses_what_is_cut_padded_wrongly_or_of_another_alphabet) {
  const std::string good = base64_text(std::string(10'000, 'x'));
  for (const std::string& bad :
       {std::string("QQ="), std::string("QUJ"), std::string("QQ==QUJD"), std::string("Q==="),
        std::string("===="), std::string("QU=D"), std::string("QU-_"), std::string("QUJ\n"),
        std::string("QUJDQUJD    "), std::string("    QUJD"), std::string("QUJ\0", 4),
        std::string("QU\xc3\xa4"), good.substr(0, 5000) + "*" + good.substr(5001),
        good.substr(0, 4096) + "    " + good.substr(4096)}) {
    const Result<std::string> got = decoded(bad);
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error().code, Errc::bad_document);
  }
}

TEST(Base64, reads_up_to_the_damage_and_names_its_place) {
  std::string text = base64_text(std::string(6144, 'x'));
  text[5000] = '*';
  Base64Reader reader;
  ASSERT_TRUE(reader.open(text));
  std::string buffer(10'000, '\0');
  const Result<std::size_t> first = reader.read(buffer);
  ASSERT_TRUE(first);
  EXPECT_EQ(buffer.substr(0, *first), std::string(*first, 'x'));
  const Result<std::size_t> second = reader.read(buffer);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("4096"), std::string::npos) << second.error().message;
}

}  // namespace
}  // namespace hecate
