// The whole chain from an archive's bytes to HEC lines, and what it may cost.
#include "stages/log_pipeline.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <xxhash.h>

#include "tests/support/compressed.h"
#include "tests/support/memory_reader.h"
#include "tests/support/seeded_random.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

// Every allocation of this test binary is counted. They are made by malloc, as sanitizers expect;
// not inlined, so that the compiler does not see a mismatch in it.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace hecate {
namespace {

using namespace std::string_literals;

struct Passed {
  std::string encoded;
  std::uint64_t events = 0, kept = 0, blank = 0, rejected = 0, dropped = 0, repaired = 0;
  std::uint64_t batches = 0;
  std::string error;
};

class LogPipelineTest : public testing::Test {
 protected:
  LogPipeline make() {
    std::vector<ConfigProblem> problems;
    LogPipelineOptions options;
    options.on_rejected_group = [this](std::string_view group) { rejected_ += group; };
    const LogPipelineShared shared =
        share_log_pipeline(std::make_shared<const Config>(config_), nullptr, problems);
    EXPECT_TRUE(problems.empty()) << problems[0].message;
    return make_log_pipeline(shared, std::move(options));
  }
  /// Reads one object to its end.
  void read(LogPipeline& pipeline, ByteReader& reader, Passed& passed,
            std::uint64_t resume_from = 0) {
    ASSERT_TRUE(pipeline.source().open(envelope_, reader, resume_from));
    while (true) {
      const Result<bool> more = pipeline.next(batch_);
      if (!more) passed.error = more.error().message;
      if (!more || !*more) break;
      passed.encoded.append(batch_.encoded.view());
      passed.events += batch_.events.size();
      for (const Event& event : batch_.events) passed.kept += event.fate == Fate::keep ? 1 : 0;
      passed.blank += batch_.events_blank;
      passed.rejected += batch_.events_group_rejected;
      passed.dropped += batch_.events_dropped_by_rule;
      passed.repaired += batch_.events_repaired;
      ++passed.batches;
    }
  }
  Passed pass(LogPipeline& pipeline, const std::string& bytes, std::uint64_t resume_from = 0) {
    MemoryReader reader(bytes);
    Passed passed;
    read(pipeline, reader, passed, resume_from);
    return passed;
  }
  void add_rule(const std::string& pattern) {
    config_.rules.emplace_back();
    config_.rules.back().name = config_.rules.back().pattern = pattern;
  }

  Config config_;
  Envelope envelope_{"s3://bucket/folder/object", "etag", "folder", 1'700'000'000'000, 0};
  Batch batch_;
  std::string rejected_;
};

std::string document(const std::string& group, const std::string& stream,
                     const std::vector<std::string>& raw_messages) {
  std::string text = R"({"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":")" +
                     group + R"(","logStream":")" + stream +
                     R"(","subscriptionFilters":["f"],"logEvents":[)";
  std::uint64_t number = 0;
  for (const std::string& raw : raw_messages) {
    if (number > 0) text += ',';
    std::string id = std::to_string(1000 + number);
    id.insert(0, 56 - id.size(), '3');
    text += R"({"id":")" + id + R"(","timestamp":)" + std::to_string(1440442987001 + number) +
            R"(,"message":")" + raw + "\"}";
    ++number;
  }
  return text + "]}";
}

/// The short id of message `i` of a document, computed from its definition.
std::string short_id(const std::string& group, const std::string& stream, int i) {
  std::string id = std::to_string(1000 + i);
  id.insert(0, 56 - id.size(), '3');
  const std::string parts = "123456789012\0"s + group + '\0' + stream + '\0' + id;
  const XXH64_hash_t hash = XXH3_64bits(parts.data(), parts.size());
  std::string bits;
  for (int bit = 63; bit >= 0; --bit) bits += static_cast<char>('0' + (hash >> bit & 1));
  bits += "00";
  std::string out;
  for (std::size_t at = 0; at < bits.size(); at += 6) {
    out += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[std::stoi(
        bits.substr(at, 6), nullptr, 2)];
  }
  return out;
}

TEST_F(LogPipelineTest, an_archive_becomes_exactly_these_lines) {
  config_.log_groups.pattern = "^/(?P<environment>[a-z]+)/";
  config_.fields = {{"region", "eu-west-1"}};
  add_rule(R"(Failed password for (invalid user )?\S+ from)");
  RuleSet& set = config_.rules.back().set;
  set.sourcetype = "linux_secure";
  set.index = "security";
  set.severity = "high";
  add_rule("^DEBUG");
  config_.rules.back().action = RuleAction::drop;
  LogPipeline pipeline = make();
  const Passed passed =
      pass(pipeline, gzip_member(document("/prod/a", "s-1",
                                          {R"(Failed password for \"bob\" from 1.2.3.4\n)",
                                           "DEBUG x", R"(\t \n)", "caf\xc3\xa9 \\/ \\u0041"})) +
                         gzip_member(document("nogroup", "s", {"rejected"})));
  EXPECT_EQ(passed.encoded,
            R"({"time":1440442987.001,"host":"s-1","source":"/prod/a","sourcetype":"linux_secure",)"
            R"("index":"security","event":"Failed password for \"bob\" from 1.2.3.4\n","fields":)"
            R"({"aws_account_id":"123456789012","region":"eu-west-1","environment":"prod",)"
            R"("severity":"high","event_id":")" +
                short_id("/prod/a", "s-1", 0) +
                "\"}}\n"
                R"({"time":1440442987.004,"host":"s-1","source":"/prod/a","sourcetype":)"
                R"("aws:cloudwatchlogs","event":"caf)"
                "\xc3\xa9"
                R"( \/ \u0041","fields":)"
                R"({"aws_account_id":"123456789012","region":"eu-west-1","environment":"prod",)"
                R"("event_id":")" +
                short_id("/prod/a", "s-1", 3) + "\"}}\n");
  EXPECT_EQ(passed.events, 5U);
  EXPECT_EQ(passed.kept, 2U);
  EXPECT_EQ(passed.blank, 1U);
  EXPECT_EQ(passed.dropped, 1U);
  EXPECT_EQ(passed.rejected, 1U);
  EXPECT_EQ(rejected_, "nogroup");
  EXPECT_EQ(passed.error, "");
}

TEST_F(LogPipelineTest, an_object_read_again_gives_the_same_bytes_whatever_came_between) {
  add_rule(R"(a\sb)");
  LogPipeline pipeline = make();
  const std::string text = "first line\na b\nlast\n";
  const std::string archive = gzip_member(document("g", "s", {"one", R"(two \"2\")"}));
  const Passed lines = pass(pipeline, text);
  const Passed documents = pass(pipeline, archive);
  EXPECT_EQ(pass(pipeline, text).encoded, lines.encoded);
  EXPECT_EQ(pass(pipeline, archive).encoded, documents.encoded);
  LogPipeline another = make();
  EXPECT_EQ(pass(another, archive).encoded, documents.encoded);
  EXPECT_EQ(lines.kept, 3U);
}

TEST_F(LogPipelineTest, a_resumed_object_goes_on_with_the_same_lines) {
  LogPipeline pipeline = make();
  const std::string text = "one\ntwo\nthree\nfour\n";
  const Passed whole = pass(pipeline, text);
  const Passed rest = pass(pipeline, text, 2);
  EXPECT_EQ(rest.kept, 2U);
  EXPECT_TRUE(whole.encoded.ends_with(rest.encoded));
  EXPECT_NE(rest.encoded.find("\"three\""), std::string::npos);
}

/// Messages as written in JSON: plain, escaped, damaged, blank, with raw control characters.
std::string random_raw(SeededRandom& random) {
  const std::string pieces[] = {
      "word ",           "x",    R"(\n)",     R"(\")", R"(\\)",    R"(\u0041)",
      R"(\ud83d\ude00)", " ",    R"(\ud800)", R"(\q)", "\xc3\xa9", "\xff",
      "\xe2\x82",        "\x01", "\t",        "\n"};
  std::string raw;
  for (std::size_t n = random.below(8); n > 0; --n) raw += pieces[random.below(std::size(pieces))];
  return raw;
}

TEST_F(LogPipelineTest, sends_the_same_bytes_whether_messages_are_looked_at_or_not) {
  const std::uint64_t seed = test_seed(21);
  std::cout << "seed " << seed << '\n';
  SeededRandom random(seed);
  config_.hec.max_event_bytes = 30;
  LogPipeline unseen = make();
  add_rule("no message says this");
  LogPipeline seen = make();
  std::uint64_t repaired = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> raws;
    for (int i = 0; i < 30; ++i) raws.push_back(random_raw(random));
    std::string text;
    if (round % 2 == 0) {
      text = document("g", "s", raws);
    } else {
      for (const std::string& raw : raws) text += raw + "\n";
    }
    const Passed one = pass(unseen, text);
    const Passed other = pass(seen, text);
    ASSERT_EQ(one.encoded, other.encoded) << "HECATE_TEST_SEED=" << seed;
    ASSERT_EQ(one.blank, other.blank);
    ASSERT_EQ(one.repaired, other.repaired);
    ASSERT_EQ(std::count(one.encoded.begin(), one.encoded.end(), '\n'),
              static_cast<std::ptrdiff_t>(one.kept))
        << "one line an event";
    repaired += one.repaired;
  }
  EXPECT_GT(repaired, 500U);
}

// Once warm, a pass may allocate for an object, a document or a batch, but not for an event.
TEST_F(LogPipelineTest, allocates_nothing_per_event_once_it_is_warm) {
  add_rule(R"(Failed password for \S+ from)");
  config_.rules.back().set.index = "security";
  add_rule(R"(code\s\d+)");  // confirmed message by message
  add_rule(R"(\b\d{16}\b)");
  add_rule(R"(a\Bb)");  // searched for singly
  std::vector<std::string> raws;
  const char* kinds[] = {"plain message of some length ",
                         R"(Failed password for \"x\" from )",
                         "code 17 ",
                         "caf\xc3\xa9 ",
                         R"(stack\n\tat place )",
                         "card 4111111111111111 ",
                         "ab "};
  for (int i = 0; i < 20'000; ++i) raws.push_back(kinds[i % 7] + std::to_string(i));
  std::string lines;
  for (const std::string& raw : raws) lines += raw + "\n";
  for (const std::string& object : {gzip_member(document("/g", "s", raws)), lines}) {
    LogPipeline pipeline = make();
    Passed warm = pass(pipeline, object);
    EXPECT_EQ(warm.kept, 20'000U);
    Passed again;
    again.encoded.reserve(warm.encoded.size() + 1);
    MemoryReader reader(object);
    const std::uint64_t before = allocations;
    read(pipeline, reader, again);
    const std::uint64_t spent = allocations - before;
    EXPECT_EQ(again.encoded, warm.encoded);
    EXPECT_LE(spent, 30 + 10 * again.batches) << again.batches << " batches";
    std::cout << spent << " allocations for " << again.events << " events\n";
  }
}

TEST_F(LogPipelineTest, settings_that_cannot_be_honoured_are_problems) {
  config_.log_groups.pattern = "(";
  config_.log_groups.pattern_at = {3, 14};
  config_.redact.push_back({"pan", "x", "y", 9, {9, 5}});
  add_rule("(");
  config_.rules.back().set.token.env = "TOKEN";
  std::vector<ConfigProblem> problems;
  check_log_pipeline(config_, problems);
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_EQ(problems[0].line, 3);
  EXPECT_EQ(problems[0].message.rfind("log_groups.pattern: ", 0), 0U);
  problems.clear();
  share_log_pipeline(std::make_shared<const Config>(config_), nullptr, problems);
  EXPECT_EQ(problems.size(), 2U) << "both engines are asked";
}

}  // namespace
}  // namespace hecate
