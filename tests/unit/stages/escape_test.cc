// Fast escaping against the plain way of pipeline/json_text.
#include "stages/escape.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/json_text.h"
#include "pipeline/limits.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

constexpr std::size_t overread_max = 15;

std::string escaped(std::string_view text) {
  // Copies with just the room that is promised: 15 readable bytes behind the text, which look as
  // though they had to be escaped, and the padding behind the output.
  const std::unique_ptr<char[]> in(new char[text.size() + overread_max]);
  text.copy(in.get(), text.size());
  std::fill_n(in.get() + text.size(), overread_max, '"');
  const std::unique_ptr<char[]> out(
      new char[escaped_bytes_max(text.size()) + limits::padding_bytes]);
  const char* end = escape_json({in.get(), text.size()}, out.get());
  return {out.get(), static_cast<std::size_t>(end - out.get())};
}

std::string plainly_escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

TEST(EscapeJson, escapes_each_ascii_byte_as_the_plain_way_does) {
  for (char c = 0; c < 0x7f; ++c) EXPECT_EQ(escaped({&c, 1}), plainly_escaped({&c, 1})) << int{c};
  EXPECT_EQ(escaped("\"\\\n\r\t\b\f\x01\x1f/\x7f"), R"(\"\\\n\r\t\b\f\u0001\u001f/)"
                                                    "\x7f");
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("\xf0\x9f\x98\x80\xe2\x82\xac"), "\xf0\x9f\x98\x80\xe2\x82\xac");
}

TEST(EscapeJson, finds_a_byte_to_escape_at_every_place_of_every_length) {
  for (std::size_t size = 1; size <= 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '\n';
      ASSERT_EQ(escaped(text), plainly_escaped(text)) << at << " of " << size;
    }
  }
}

TEST(EscapeJson, agrees_with_the_plain_way_on_random_text_of_every_length) {
  const std::uint64_t seed = test_seed(3);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  const std::string special[] = {"\"", "\\", "\n", std::string(1, '\0'), "\x1f", "\t", "\x7f"};
  const std::string wide[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  for (std::size_t size = 0; size <= 200; ++size) {
    for (std::uint64_t rarity : {1U, 2U, 8U, 64U}) {
      for (int i = 0; i < 10; ++i) {
        std::string text;
        while (text.size() < size) {
          if (random.below(rarity) == 0) {
            text += special[random.below(std::size(special))];
          } else if (random.below(8) == 0) {
            text += wide[random.below(std::size(wide))];
          } else {
            text += static_cast<char>(' ' + random.below(95));
          }
        }
        ASSERT_EQ(escaped(text), plainly_escaped(text));
      }
    }
  }
}

/// Bytes that end where memory ends.
class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t size) : page_(static_cast<std::size_t>(::getpagesize())) {
    total_ = (size + page_ - 1) / page_ * page_ + page_;
    void* map = ::mmap(nullptr, total_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(map, MAP_FAILED);
    begin_ = static_cast<char*>(map);
    EXPECT_EQ(::mprotect(begin_ + total_ - page_, page_, PROT_NONE), 0);
  }
  ~GuardedBytes() { ::munmap(begin_, total_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  [[nodiscard]] char* end() const { return begin_ + total_ - page_; }

 private:
  std::size_t page_;
  std::size_t total_ = 0;
  char* begin_ = nullptr;
};

TEST(EscapeJson, stays_within_fifteen_bytes_behind_the_text_and_the_promised_room) {
  const GuardedBytes in(4096);
  const GuardedBytes out(4096 * 6);
  for (std::size_t size = 0; size <= 200; ++size) {
    for (const char fill : {'x', '\x01'}) {
      char* text = in.end() - overread_max - size;
      std::fill(text, in.end(), '\\');
      std::fill_n(text, size, fill);
      char* to = out.end() - limits::padding_bytes - escaped_bytes_max(size);
      const char* end = escape_json({text, size}, to);
      ASSERT_EQ(std::string_view(to, static_cast<std::size_t>(end - to)),
                plainly_escaped({text, size}));
    }
  }
}

}  // namespace
}  // namespace hecate
