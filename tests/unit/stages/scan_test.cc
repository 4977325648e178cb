// The scan kernels: each must find and see exactly what the scalar one does.
#include "stages/simd/scan.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/buffer.h"
#include "pipeline/limits.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

std::vector<const ScanKernels*> usable_kernels() {
  const ScanKernels* found[4] = {};
  const std::size_t count = usable_scan_kernels(found);
  return {found, found + count};
}

const ScanKernels& scalar() {
  return *usable_kernels().back();
}

// Text followed by bytes that would all change the result if they were used.
class Padded {
 public:
  explicit Padded(std::string_view text, std::string_view behind = "\"\n\\\x01\x80\"\n") {
    buffer_.append(text);
    size_ = text.size();
    for (std::size_t i = 0; i < limits::padding_bytes; ++i)
      buffer_.append(behind[i % behind.size()]);
  }
  [[nodiscard]] const char* begin() const { return buffer_.data(); }
  [[nodiscard]] const char* end() const { return buffer_.data() + size_; }

 private:
  Buffer buffer_;
  std::size_t size_ = 0;
};

void expect_same_scans(const char* begin, const char* end) {
  const ScanResult string = scalar().json_string(begin, end);
  const ScanResult line = scalar().line(begin, end);
  for (const ScanKernels* kernels : usable_kernels()) {
    const ScanResult got_string = kernels->json_string(begin, end);
    ASSERT_EQ(got_string.size, string.size) << kernels->name << " json_string";
    ASSERT_EQ(got_string.seen, string.seen) << kernels->name << " json_string";
    const ScanResult got_line = kernels->line(begin, end);
    ASSERT_EQ(got_line.size, line.size) << kernels->name << " line";
    ASSERT_EQ(got_line.seen, line.seen) << kernels->name << " line";
  }
}

// `begin` is at a bracket.
void expect_same_brackets(const char* begin, const char* end) {
  const ScanResult wanted = scalar().brackets(begin, end);
  for (const ScanKernels* kernels : usable_kernels()) {
    ASSERT_EQ(kernels->brackets(begin, end).size, wanted.size) << kernels->name << " brackets";
  }
}

void expect_same_scans(std::string_view text) {
  const Padded padded(text);
  ASSERT_NO_FATAL_FAILURE(expect_same_scans(padded.begin(), padded.end())) << text;
  const Padded bracket("{" + std::string(text), "}]}]");
  ASSERT_NO_FATAL_FAILURE(expect_same_brackets(bracket.begin(), bracket.end())) << text;
}

TEST(Scan, knows_every_kernel_by_its_name_and_takes_the_scalar_one_for_unknown_names) {
  std::string names;
  for (const ScanKernels* kernels : usable_kernels()) {
    EXPECT_STREQ(select_scan_kernels(kernels->name).name, kernels->name);
    names += std::string(kernels->name) + " ";
  }
  RecordProperty("kernels", names);
  EXPECT_STREQ(select_scan_kernels("mmx").name, "scalar");
  EXPECT_EQ(&select_scan_kernels(), usable_kernels().front());
}

TEST(Scan, scalar_json_string_stops_at_the_first_quote_that_is_not_escaped) {
  const Padded text(R"(a\"b\\"c")", "x");
  const ScanResult result = scalar().json_string(text.begin(), text.end());
  EXPECT_EQ(result.size, 6U);
  EXPECT_EQ(result.seen, Seen::backslash);
}

TEST(Scan, scalar_line_stops_at_the_newline_and_tells_quotes_and_carriage_returns) {
  const Padded text("say \"\xc3\xa9\"\r\n\\");
  const ScanResult result = scalar().line(text.begin(), text.end());
  EXPECT_EQ(result.size, 9U);
  EXPECT_EQ(result.seen, Seen::quote | Seen::non_ascii | Seen::control);
}

TEST(Scan, without_a_closing_byte_the_size_is_npos_and_everything_was_seen) {
  for (const ScanKernels* kernels : usable_kernels()) {
    const Padded text(std::string(130, 'a') + "\\\"\x7f\xc3\xa9");
    const ScanResult string = kernels->json_string(text.begin(), text.end());
    EXPECT_EQ(string.size, ScanResult::npos) << kernels->name;
    EXPECT_EQ(string.seen, Seen::backslash | Seen::non_ascii) << kernels->name;
    const ScanResult line = kernels->line(text.begin(), text.end());
    EXPECT_EQ(line.size, ScanResult::npos) << kernels->name;
    EXPECT_EQ(line.seen, Seen::backslash | Seen::non_ascii | Seen::quote) << kernels->name;
  }
}

TEST(Scan, nothing_behind_the_end_is_found_or_seen_at_any_size) {
  for (std::size_t size = 0; size <= 200; ++size) {
    const Padded text(std::string(size, 'x'));
    for (const ScanKernels* kernels : usable_kernels()) {
      for (const ScanResult result : {kernels->json_string(text.begin(), text.end()),
                                      kernels->line(text.begin(), text.end())}) {
        ASSERT_EQ(result.size, ScanResult::npos) << kernels->name << " size " << size;
        ASSERT_EQ(result.seen, 0) << kernels->name << " size " << size;
      }
    }
  }
}

TEST(Scan, every_byte_value_is_told_apart_alike) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::size_t at : {0U, 31U, 32U, 63U, 64U, 100U}) {
      std::string text(128, 'x');
      text[at] = static_cast<char>(byte);
      ASSERT_NO_FATAL_FAILURE(expect_same_scans(text)) << "byte " << byte << " at " << at;
    }
  }
}

TEST(Scan, a_closing_byte_or_a_special_one_is_found_at_every_offset) {
  for (const char special : {'"', '\n', '\x01', '\x80', '\\'}) {
    for (std::size_t at = 0; at <= 200; ++at) {
      std::string text(201, 'x');
      text[at] = special;
      ASSERT_NO_FATAL_FAILURE(expect_same_scans(text)) << "at " << at;
      text += "\"";  // and nothing behind the closing byte counts
      text += "\n\x80\x02\\";
      ASSERT_NO_FATAL_FAILURE(expect_same_scans(text)) << "at " << at;
    }
  }
}

TEST(Scan, backslash_runs_of_every_length_escape_alike_wherever_they_cross_a_block) {
  for (std::size_t run = 1; run <= 140; ++run) {
    for (std::size_t before = 0; before <= 66; ++before) {
      const std::string text =
          std::string(before, 'x') + std::string(run, '\\') + "\"y\\\"z\" tail\n";
      const Padded padded(text);
      const ScanResult got = usable_kernels().front()->json_string(padded.begin(), padded.end());
      const std::size_t first_quote = before + run;
      ASSERT_EQ(got.size, run % 2 == 0 ? first_quote : first_quote + 5)
          << run << " backslashes after " << before;
      ASSERT_NO_FATAL_FAILURE(expect_same_scans(padded.begin(), padded.end()));
    }
  }
}

TEST(Scan, two_runs_in_one_block_do_not_mix) {
  for (std::size_t first = 0; first <= 8; ++first) {
    for (std::size_t gap = 1; gap <= 4; ++gap) {
      for (std::size_t second = 0; second <= 8; ++second) {
        for (std::size_t before = 50; before <= 64; ++before) {
          expect_same_scans(std::string(before, 'x') + std::string(first, '\\') +
                            std::string(gap, 'y') + std::string(second, '\\') + "\"\\\\\" \"");
        }
      }
    }
  }
}

TEST(Scan, random_texts_give_the_same_from_every_begin_to_every_end) {
  const std::uint64_t seed = test_seed(20240607);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 6000; ++round) {
    // The fewer plain bytes, the more the special ones meet.
    const std::uint64_t plain = std::uint64_t{1} << random.below(9);
    std::string text(random.below(400), 'x');
    for (char& c : text) {
      const std::uint64_t pick = random.below(plain + 8);
      if (pick < 5) c = '\\';
      if (pick == 5) c = "\"\n\r\t"[random.below(4)];
      if (pick == 6) c = static_cast<char>(random.below(256));
    }
    const Padded padded(text);
    const char* begin = padded.begin() + random.below(text.size() + 1);
    const char* end = begin + random.below(static_cast<std::uint64_t>(padded.end() - begin) + 1);
    ASSERT_NO_FATAL_FAILURE(expect_same_scans(begin, end)) << "round " << round;
  }
}

TEST(Scan, brackets_end_behind_the_one_that_closes_the_first) {
  for (const ScanKernels* kernels : usable_kernels()) {
    const auto size = [&](std::string_view text) {
      const Padded padded(text, "]}\"");
      return kernels->brackets(padded.begin(), padded.end()).size;
    };
    EXPECT_EQ(size("{}"), 2U) << kernels->name;
    EXPECT_EQ(size("{},{}"), 2U);
    EXPECT_EQ(size(R"([{"a":"]}\""},[[]]] ])"), 19U);
    EXPECT_EQ(size(R"({"a\"}":1}})"), 10U);
    EXPECT_EQ(size("{"), ScanResult::npos);
    EXPECT_EQ(size(R"({"a})"), ScanResult::npos);
    for (std::size_t depth = 1; depth < 300; ++depth) {
      ASSERT_EQ(size(std::string(depth, '[') + std::string(depth, ']') + "]"), 2 * depth);
      ASSERT_EQ(size(std::string(depth, '[') + std::string(depth - 1, ']')), ScanResult::npos);
    }
  }
}

TEST(Scan, random_brackets_and_strings_are_delimited_alike) {
  const std::uint64_t seed = test_seed(20240608);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  std::size_t closed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = "{";
    const std::uint64_t plain = 1 + random.below(40);
    for (std::uint64_t i = random.below(400); i > 0; --i) {
      const std::uint64_t pick = random.below(plain + 12);
      text += pick < 12 ? R"({[[{}]}]""\)"[pick] : 'x';
    }
    const Padded padded(text, "}");
    ASSERT_NO_FATAL_FAILURE(expect_same_brackets(padded.begin(), padded.end())) << text;
    closed += scalar().brackets(padded.begin(), padded.end()).size != ScanResult::npos ? 1 : 0;
  }
  EXPECT_GT(closed, 1000U);  // or the test says little
}

// Two pages, the second of which must not be touched.
class GuardedPage {
 public:
  GuardedPage()
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        memory_(static_cast<char*>(
            mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    mprotect(memory_ + page_, page_, PROT_NONE);
  }
  ~GuardedPage() { munmap(memory_, 2 * page_); }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
  [[nodiscard]] char* guard() const { return memory_ + page_; }

 private:
  std::size_t page_;
  char* memory_;
};

TEST(Scan, reads_no_further_than_the_padding_behind_the_end) {
  const GuardedPage page;
  char* const end = page.guard() - limits::padding_bytes;
  std::memset(end, '"', limits::padding_bytes);
  for (std::size_t size = 0; size <= 300; ++size) {
    char* const begin = end - size;
    std::memset(begin, 'x', size);
    ASSERT_NO_FATAL_FAILURE(expect_same_scans(begin, end)) << size;
    if (size > 0) begin[size - 1] = '\\';
    if (size > 0) begin[0] = '[';
    ASSERT_NO_FATAL_FAILURE(expect_same_brackets(begin, end)) << size;
    ASSERT_NO_FATAL_FAILURE(expect_same_scans(begin, end)) << size;
  }
}

}  // namespace
}  // namespace hecate
