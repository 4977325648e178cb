// The whole way from an object's bytes to events. Above all: how an object is cut into reads and
// windows, and which kernels scan it, must make no difference to any event.
#include "stages/parse_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/detect_format.h"
#include "tests/support/cloudwatch_text.h"
#include "tests/support/compressed.h"

namespace hecate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Sample {
  Format format;
  std::string text;
};

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Text of every format, with what is special in each.
std::vector<Sample> samples() {
  FreeWriter writer(61);
  std::string documents =
      as_aws_writes(sample_document(1, 4)) + as_aws_writes(sample_document(2, 1)) + "\n" +
      writer.write(sample_document(3, 3)) + document_head({}, "CONTROL_MESSAGE") + "]}\n " +
      writer.write(sample_document(4, 2)) + as_aws_writes(sample_document(5, 0));
  const std::string damaged = document_head({}) + as_aws_writes(sample_document(6, 1).events[0]) +
                              ",{\"id\":\"7\",\"mess" + as_aws_writes(sample_document(7, 2)) +
                              "]}garbage" + document_head({}, "NEWS") + "{}]}\n{\"a\":[" +
                              writer.write(sample_document(8, 2)) + "\n" +
                              as_aws_writes(sample_document(9, 1)) + "{\"mess";
  const std::string exported =
      "2015-08-24T19:03:07.001Z one\n2015-08-24T19:03:08Z two\n  more\n\n2015-08-24T19:03:09.0Z\n" +
      ("2015-08-24T19:03:09.003Z " + std::string(150, 'x')) +
      "\n\n2015-08-24T19:03:09.003Z \n2015-08-24T19:03:10.1Z \"quo\\ted\" \xc3\xa9\r\n";
  const std::string trail =
      "{\"x\":{},\"Records\":[{\"eventTime\":\"2015-08-24T19:03:07Z\",\"a\":\"}\\\"\"},{},\n 7 ,"
      "{\"b\":[[],{}],\"c\":\"\xff\"},{\"d\":1,}]} {\"Records\":[{\"e\":tru},{\"f\":\n\"g\"}]";
  const std::string lines = "{\"time\":1440442987}\r\n\n{\"a\":\"" + std::string(160, 'y') +
                            "\",\"time\":1}\n{\"b\":{\"timestamp\":3},\"@timestamp\":\"2015-08-"
                            "24T19:03:07Z\"}\n{bad\n{}x\n{}";
  const std::string text =
      "plain\r\n\r\n" + std::string(170, 'z') + "\r\nta\tb \"q\"\n\xc3\xa9\xff\\\nend\r";
  return {{Format::cloudwatch, documents},       {Format::cloudwatch, damaged},
          {Format::cloudwatch_export, exported}, {Format::cloudtrail, trail},
          {Format::json_lines, lines},           {Format::text, text},
          {Format::text, "\xef\xbb\xbf" + text}, {Format::cloudwatch, "\xef\xbb\xbf" + documents}};
}

ParseHow as(Format format) {
  ParseHow how;
  how.format = format;
  how.event_bytes_max = 100;  // so that the samples have lines to cut
  return how;
}

TEST(ParseLogs, reads_of_any_size_give_the_same_events_in_every_format) {
  for (const Sample& sample : samples()) {
    const ParsedObject whole = parse_bytes(sample.text, as(sample.format));
    ASSERT_GE(whole.events.size(), 5U) << sample.text;
    for (std::size_t size = 1; size <= sample.text.size(); size += size < 300 ? 1 : 37) {
      SCOPED_TRACE(std::string(format_name(sample.format)) + ", pieces of " + std::to_string(size));
      ASSERT_NO_FATAL_FAILURE(
          expect_same(parse_bytes(sample.text, as(sample.format), Pieces::of(size)), whole));
      if (HasFailure()) return;
    }
  }
}

TEST(ParseLogs, every_place_to_cut_an_object_in_two_reads_gives_the_same_events) {
  class TwoReads final : public ByteReader {
   public:
    TwoReads(std::string_view text, std::size_t first) : text_(text), first_(first) {}
    Result<std::size_t> read(std::span<char> into) override {
      const std::size_t size = next_ == 0 && first_ > 0 ? first_ : text_.size() - next_;
      std::copy_n(text_.data() + next_, size, into.data());
      next_ += size;
      return size;
    }

   private:
    std::string_view text_;
    std::size_t first_;
    std::size_t next_ = 0;
  };
  for (const Sample& sample : samples()) {
    const ParseHow how = as(sample.format);
    const ParsedObject whole = parse_bytes(sample.text, how);
    ParseLogs::Options options;
    options.format = sample.format;
    options.event_bytes_max = how.event_bytes_max;
    ParseLogs source(options);
    for (std::size_t first = 0; first < sample.text.size(); ++first) {
      SCOPED_TRACE(std::string(format_name(sample.format)) + ", cut at " + std::to_string(first));
      TwoReads object(sample.text, first);
      ASSERT_NO_FATAL_FAILURE(expect_same(parse_object(source, object, how), whole));
      if (HasFailure()) return;
    }
  }
}

TEST(ParseLogs, random_reads_of_randomly_damaged_text_give_the_same_events) {
  const std::uint64_t seed = test_seed(62);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  const std::vector<Sample> all = samples();
  for (int round = 0; round < 3000; ++round) {
    const Sample& sample = all[random.below(all.size())];
    std::string text = sample.text;
    for (std::uint64_t changes = random.below(6); changes > 0; --changes) {
      const std::size_t at = random.below(text.size());
      const std::uint64_t kind = random.below(4);
      if (kind == 0) text[at] = "\"\\{}[],:\n x0Z"[random.below(13)];
      if (kind == 1) text.erase(at, 1 + random.below(30));
      if (kind == 2) text.insert(at, sample.text.substr(random.below(sample.text.size()), 60));
      if (kind == 3) text.insert(at, 1, static_cast<char>(random.below(256)));
      if (text.empty()) text = "x";
    }
    SCOPED_TRACE("round " + std::to_string(round) + ": " + text);
    const std::size_t pieces_max = 1 + random.below(200);
    const ParsedObject whole = parse_bytes(text, as(sample.format));
    ASSERT_NO_FATAL_FAILURE(expect_same(
        parse_bytes(text, as(sample.format), Pieces::random(seed + 1, pieces_max)), whole));
    if (HasFailure()) return;
  }
}

TEST(ParseLogs, every_kernel_gives_the_same_events) {
  const ScanKernels* kernels[4] = {};
  const std::size_t count = usable_scan_kernels(kernels);
  for (const Sample& sample : samples()) {
    const ParsedObject whole = parse_bytes(sample.text, as(sample.format));
    for (std::size_t i = 0; i < count; ++i) {
      ParseHow how = as(sample.format);
      how.kernels = kernels[i];
      expect_same(parse_bytes(sample.text, how, Pieces::of(100)), whole);
    }
  }
}

TEST(ParseLogs, objects_larger_than_the_window_are_read_alike_and_told_by_their_content) {
  for (const Sample& sample : samples()) {
    if (sample.text.find("garbage") != std::string::npos) continue;
    if (sample.format == Format::cloudtrail || sample.text[0] == '\xef') continue;
    const std::string text =
        repeated(sample.text, 1'500'000 / static_cast<int>(sample.text.size()));
    ParseHow how;
    const ParsedObject whole = parse_bytes(text, how);
    EXPECT_EQ(format_name(whole.format), format_name(sample.format));
    EXPECT_GT(whole.events.size(), 4000U);
    for (const std::size_t pieces_max : {3'000U, 300'000U}) {
      SCOPED_TRACE("seed 63, pieces up to " + std::to_string(pieces_max));
      expect_same(parse_bytes(text, how, Pieces::random(63, pieces_max)), whole);
      expect_same(parse_bytes(gzip_member(text, 1), how, Pieces::random(64, pieces_max)), whole);
    }
  }
}

TEST(ParseLogs, events_larger_than_the_window_are_whole) {
  CloudwatchDocument document = sample_document(1, 5);
  document.events[1].message = std::string(300'000, 'a') + "\\n";
  document.events[2].message = std::string(1'000'000, 'b');
  document.events[4].message = repeated("\\u00e9\\\\", 130'000);
  const std::string text = repeated(as_aws_writes(document), 2) + FreeWriter(65).write(document);
  for (const Pieces& pieces :
       {Pieces::whole(), Pieces::of(50'000), Pieces::random(66, 400'000), Pieces::of(262'143)}) {
    const ParsedObject got = parse_bytes(text, {}, pieces);
    EXPECT_TRUE(without_flags(got.events) == expected_events({document, document, document}));
    EXPECT_FALSE(got.error) << got.error_text();
  }
}

TEST(ParseLogs, exactly_the_first_records_are_marked_as_resumed) {
  for (const Sample& sample : samples()) {
    ParseHow how = as(sample.format);
    const ParsedObject fresh = parse_bytes(sample.text, how);
    for (std::size_t from = 0; from <= fresh.events.size() + 2; ++from) {
      how.resume_from = from;
      const ParsedObject got = parse_bytes(sample.text, how, Pieces::of(120));
      ASSERT_EQ(got.events.size(), fresh.events.size());
      for (std::size_t i = 0; i < got.events.size(); ++i)
        ASSERT_EQ(got.events[i].fate, i < from ? Fate::resumed : fresh.events[i].fate);
    }
  }
}

TEST(ParseLogs, resuming_counts_on_across_batches) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i) + "\n";
  for (const std::size_t from : {8191U, 8192U, 8193U, 16384U, 20000U}) {
    ParseHow how;
    how.resume_from = from;
    const ParsedObject got = parse_bytes(text, how);
    ASSERT_EQ(got.events.size(), 20000U);
    for (std::size_t i = 0; i < got.events.size(); ++i)
      ASSERT_EQ(got.events[i].fate, i < from ? Fate::resumed : Fate::keep) << i;
  }
}

TEST(ParseLogs, one_parser_reads_object_after_object_as_if_each_were_its_first) {
  ParseLogs source{ParseLogs::Options{}};
  for (int round = 0; round < 3; ++round) {
    for (const Sample& sample : samples()) {
      for (const std::string& bytes :
           {sample.text, gzip_member(sample.text), zstd_frame(sample.text),
            gzip_member(sample.text).substr(0, 40)}) {
        MemoryReader object(bytes, Pieces::of(1000));
        expect_same(parse_object(source, object, {}), parse_bytes(bytes));
      }
    }
  }
}

TEST(ParseLogs, more_contexts_than_the_table_holds_keep_every_event_with_its_own) {
  std::vector<CloudwatchDocument> documents;
  std::string text;
  for (std::uint64_t i = 0; i < limits::contexts_max * 3; ++i) {
    documents.push_back(sample_document(i, i % 7 == 0 ? 40 : 1));
    text += as_aws_writes(documents.back());
  }
  for (const Pieces& pieces : {Pieces::whole(), Pieces::of(10'000)}) {
    const ParsedObject got = parse_bytes(text, {}, pieces);
    EXPECT_TRUE(without_flags(got.events) == expected_events(documents));
  }
}

TEST(ParseLogs, documents_without_events_do_not_pile_up_in_a_batch) {
  std::string text;
  for (std::uint64_t i = 0; i < 30'000; ++i) text += as_aws_writes(sample_document(i, 0));
  text += as_aws_writes(sample_document(1, 1));
  MemoryReader object(text);
  ParseLogs source{ParseLogs::Options{}};
  const Envelope envelope;
  ASSERT_TRUE(source.open(envelope, object, 0));
  Batch batch;
  ASSERT_TRUE(source.next(batch).value());
  EXPECT_EQ(batch.events.size(), 1U);
  EXPECT_LT(batch.contexts.size(),
            2 * limits::text_chunk_bytes / as_aws_writes(sample_document(1, 0)).size());
}

TEST(ParseLogs, empty_objects_are_fine_and_yield_nothing) {
  for (const std::string& bytes : {std::string(), gzip_member(""), gzip_member(gzip_member("")),
                                   zstd_frame(""), gzip_member("") + gzip_member("")}) {
    const ParsedObject got = parse_bytes(bytes);
    EXPECT_THAT(got.events, IsEmpty());
    EXPECT_FALSE(got.error) << got.error_text();
  }
}

TEST(ParseLogs, what_is_no_log_is_a_bad_object_without_events) {
  for (const std::string& bytes :
       {std::string("PK\x03\x04zip"), std::string("BZh91AY"), gzip_member("\x89PNG\r\n"),
        std::string(10'000, '\x01'), gzip_member(gzip_member(gzip_member(gzip_member("deep"))))}) {
    const ParsedObject got = parse_bytes(bytes);
    EXPECT_THAT(got.events, IsEmpty());
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, Errc::bad_object);
    EXPECT_THAT(got.error->message, HasSubstr("not a log"));
  }
}

TEST(ParseLogs, a_wrong_checksum_is_told_after_all_events_of_all_members) {
  std::string damaged = gzip_member("b\n");
  damaged[damaged.size() - 6] ^= 1;
  const ParsedObject got = parse_bytes(gzip_member("a\n") + damaged + gzip_member("c\n"));
  EXPECT_THAT(got.raws(), ElementsAre("a", "b", "c"));
  ASSERT_TRUE(got.error);
  EXPECT_THAT(got.error->message, HasSubstr("member 2"));
}

TEST(ParseLogs, a_compression_problem_is_told_before_one_of_the_text) {
  const std::string text = as_aws_writes(sample_document(1, 50));
  const std::string object = gzip_member(text, 0);
  const ParsedObject got = parse_bytes(object.substr(0, object.size() - 500));
  EXPECT_THAT(got.events, SizeIs(testing::AllOf(testing::Gt(40U), testing::Lt(50U))));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::bad_object);
  EXPECT_THAT(got.error->message, HasSubstr("cut off"));
}

TEST(ParseLogs, counts_bytes_in_and_out) {
  const std::string text = repeated("a line\n", 100'000);
  const std::string object = gzip_member(text);
  MemoryReader reader(object);
  ParseLogs source{ParseLogs::Options{}};
  (void)parse_object(source, reader, {});
  EXPECT_EQ(source.bytes_in(), object.size());
  EXPECT_EQ(source.bytes_out(), text.size());
  EXPECT_EQ(source.records(), 100'000U);
}

TEST(ParseLogs, messages_never_tell_what_the_text_was) {
  for (const Sample& sample : samples()) {
    for (std::size_t cut = 1; cut < sample.text.size(); cut += 7) {
      const ParsedObject got = parse_bytes(sample.text.substr(0, cut), as(sample.format));
      for (const std::string_view word :
           {"quotes", "slash", "filter", "garbage", "stream-", "lambda"})
        ASSERT_EQ(got.error_text().find(word), std::string::npos) << got.error_text();
    }
  }
}

}  // namespace
}  // namespace hecate
