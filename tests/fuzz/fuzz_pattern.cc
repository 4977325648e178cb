// fuzz_pattern: any pattern matches the same messages as before it was made cheap to search for.
//
// Input: a byte of flags, a line with the pattern, then messages, each ended by a byte 0x1e. A
// pattern that PCRE2 or the engine refuses only has to be refused in order. Large counts are left
// out: they cost the engine seconds and tell nothing new.
#include "tests/fuzz/pattern_reference.h"

namespace hecate::fuzz {
namespace {

constexpr std::size_t pattern_bytes_max = 48;
constexpr std::size_t messages_max = 8;
constexpr std::size_t message_bytes_max = 200;
constexpr std::uint64_t repetitions_max = 150;

// The most copies that the counts of a pattern, nested, can ask for.
bool is_cheap(std::string_view pattern) {
  std::uint64_t product = 1;
  for (std::size_t at = pattern.find('{'); at != pattern.npos; at = pattern.find('{', at + 1)) {
    std::uint64_t largest = 1, number = 0;
    for (std::size_t i = at + 1; i < pattern.size() && pattern[i] != '}'; ++i) {
      const char c = pattern[i];
      number = c >= '0' && c <= '9' ? number * 10 + static_cast<std::uint64_t>(c - '0') : 0;
      largest = std::max(largest, number);
      if (largest > repetitions_max) return false;
    }
    product *= largest;
    if (product > repetitions_max) return false;
  }
  return true;
}

void run(FuzzInput input) {
  const std::uint8_t flags = input.byte();
  Config config;
  RuleConfig& rule = config.rules.emplace_back();
  rule.name = "fuzz";
  rule.caseless = (flags & 1) != 0;
  rule.dotall = (flags & 2) != 0;
  rule.multiline = (flags & 4) != 0;
  rule.pattern = input.line();
  // A configuration cannot hold other patterns than these.
  const bool usable = !rule.pattern.empty() && rule.pattern.size() <= pattern_bytes_max &&
                      is_utf8(rule.pattern) && rule.pattern.find('\0') == std::string::npos;
  if (!usable || !is_cheap(rule.pattern)) return;
  std::vector<std::string> messages;
  while (!input.rest().empty() && messages.size() < messages_max) {
    const std::size_t size = std::min(input.rest().find('\x1e'), input.rest().size());
    messages.emplace_back(input.take(size).substr(0, message_bytes_max));
    input.take(1);
  }
  compare_with_pcre2(config, messages);
}

}  // namespace
}  // namespace hecate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hecate::fuzz::run(hecate::fuzz::FuzzInput(data, size));
  return 0;
}
