// Walking over JSON that may still be arriving: a whole value, not yet, or never.
#include "stages/json_scan.h"

#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "pipeline/buffer.h"
#include "pipeline/limits.h"
#include "tests/support/cpu_time.h"
#include "tests/support/seeded_random.h"

namespace hecate {
namespace {

struct Walked {
  Step step = Step::bad;
  std::size_t size = 0;  // when done
};

Walked skip(std::string_view text, int depth_max = limits::json_depth_max) {
  Buffer buffer(text.size() + 1);
  buffer.append(text);
  JsonCursor cursor{buffer.data(), buffer.data() + text.size(), &select_scan_kernels()};
  const Step step = skip_value(cursor, depth_max);
  return {step, step == Step::done ? static_cast<std::size_t>(cursor.p - buffer.data()) : 0};
}

TEST(JsonScan, steps_over_whole_values_and_stops_behind_them) {
  for (const std::string_view value :
       {R"("")", R"("a\"b\\")", "{}", "[]", "[ ]", "{ }", "[1,2]", "[[],{},\"]\"]", "[ 1 , true ]",
        R"({"a":1})", R"({ "a" : { "b" : [ null , "}" ] } , "c" : -1.5e+3 })", "[\n1,\r\n\t2]"}) {
    for (const std::string_view behind : {",", "}", "]", " ", "\"", "x"}) {
      const std::string text = std::string(value) + std::string(behind);
      const Walked got = skip(text);
      EXPECT_EQ(got.step, Step::done) << text;
      EXPECT_EQ(got.size, value.size()) << text;
    }
  }
  for (const std::string_view scalar : {"0", "-12.5e-7", "true", "null"}) {
    EXPECT_EQ(skip(std::string(scalar) + ",").size, scalar.size());
    EXPECT_EQ(skip(scalar).step, Step::incomplete) << "it may go on";
  }
}

TEST(JsonScan, every_beginning_of_a_value_is_incomplete) {
  const std::string value =
      R"({ "a" : [ 1 , {"b":"\"\\"} , [] , {} ] , "c" : "\u00e9" , "d" : null })";
  for (std::size_t size = 0; size < value.size(); ++size)
    EXPECT_EQ(skip(value.substr(0, size)).step, Step::incomplete) << value.substr(0, size);
  EXPECT_EQ(skip(value).size, value.size());
}

TEST(JsonScan, what_can_never_become_a_value_is_bad) {
  for (const std::string_view text : {",",
                                      "}",
                                      "]",
                                      ":",
                                      "'a'",
                                      "[}",
                                      "{]",
                                      "[1 2]",
                                      "[1,,2]",
                                      "[,1]",
                                      "{1:2}",
                                      "{\"a\"}",
                                      "{\"a\",1}",
                                      "{\"a\":}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "[1}",
                                      "{\"a\":1]",
                                      "[\"a\"b\"]",
                                      "[{]}",
                                      "{\"a\":1,{\"b\":2}}",
                                      "[1:2]",
                                      "\\"}) {
    EXPECT_EQ(skip(text).step, Step::bad) << text;
  }
}

TEST(JsonScan, depth_is_bounded) {
  for (const int depth_max : {1, 3, 64, limits::json_depth_max}) {
    const auto deep = [](int depth) {
      return std::string(static_cast<std::size_t>(depth), '[') +
             std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_EQ(skip(deep(depth_max), depth_max).step, Step::done);
    EXPECT_EQ(skip(deep(depth_max + 1), depth_max).step, Step::bad);
  }
  const CpuTime time;
  EXPECT_EQ(skip(std::string(10'000'000, '[')).step, Step::bad);
  EXPECT_LT(time.seconds(), 1.0);
}

TEST(JsonScan, brackets_of_both_kinds_are_told_apart_at_every_depth) {
  for (std::size_t depth = 1; depth < 200; ++depth) {
    std::string open;
    std::string close;
    for (std::size_t i = 0; i < depth; ++i) {
      const bool object = (i * i + depth) % 3 == 0;
      open += object ? "{\"k\":" : "[";
      close.insert(0, object ? "}" : "]");
    }
    ASSERT_EQ(skip(open + "1" + close).step, Step::done) << depth;
    std::string wrong = close;
    wrong[depth / 2] = wrong[depth / 2] == '}' ? ']' : '}';
    ASSERT_EQ(skip(open + "1" + wrong).step, Step::bad) << depth;
  }
}

// A random JSON value, laid out at random.
std::string random_value(SeededRandom& random, int depth) {
  const auto space = [&] { return std::string(random.below(8) / 6, " \n\t\r"[random.below(4)]); };
  static const char* const scalars[] = {"0",     "-1.5e3",   "true",   "null",     "\"\"",
                                        "\"a\"", "\"\\\"\"", "\"[{\"", "\"\\\\\"", "\"\xc3\xa9\""};
  const std::uint64_t kind = depth > 6 ? 0 : random.below(4);
  if (kind < 2) return scalars[random.below(10)];
  std::string out(1, kind == 2 ? '[' : '{');
  out += space();
  for (std::uint64_t i = random.below(5); i > 0; --i) {
    if (out.find_first_not_of(" \n\t\r", 1) != std::string::npos) out += "," + space();
    if (kind == 3) out += "\"k]\"" + space() + ":" + space();
    out += random_value(random, depth + 1) + space();
  }
  return out + (kind == 2 ? ']' : '}');
}

TEST(JsonScan, agrees_with_simdjson_on_damaged_objects) {
  const std::uint64_t seed = test_seed(41);
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  simdjson::dom::parser parser;
  int whole = 0;
  for (int round = 0; round < 30000; ++round) {
    std::string text = "[" + random_value(random, 0) + "]";
    for (std::uint64_t i = random.below(3); i > 0; --i)
      text[random.below(text.size())] = "\"\\{}[],: x1"[random.below(11)];
    if (text[0] != '[') continue;
    const Walked got = skip(text);
    const bool valid = parser.parse(text).error() == simdjson::SUCCESS;
    // Numbers, words and escapes are not looked at, so the walk may be kinder, never stricter.
    if (valid) {
      ASSERT_EQ(got.step, Step::done) << text;
      ASSERT_EQ(got.size, text.find_last_of(']') + 1) << text;
      ++whole;
    }
  }
  EXPECT_GT(whole, 5000);
}

TEST(JsonScan, takes_keys_and_the_ends_of_members) {
  const std::string text = " \"a\\\"b\" \n: 1 , \"c\":2}x";
  Buffer buffer;
  buffer.append(text);
  JsonCursor cursor{buffer.data(), buffer.data() + text.size(), &select_scan_kernels()};
  JsonSlice key;
  bool more = false;
  ASSERT_EQ(take_key(cursor, key), Step::done);
  EXPECT_EQ(key.raw, "a\\\"b");
  EXPECT_EQ(key.seen, Seen::backslash);
  EXPECT_EQ(*cursor.p, '1');
  ASSERT_EQ(skip_value(cursor), Step::done);
  ASSERT_EQ(take_member_end(cursor, more), Step::done);
  EXPECT_TRUE(more);
  ASSERT_EQ(take_key(cursor, key), Step::done);
  EXPECT_EQ(key.raw, "c");
  ASSERT_EQ(skip_value(cursor), Step::done);
  ASSERT_EQ(take_member_end(cursor, more), Step::done);
  EXPECT_FALSE(more);
  EXPECT_EQ(*cursor.p, 'x');
}

TEST(JsonScan, values_are_unescaped_and_repaired) {
  const auto value = [](std::string_view raw) {
    Buffer buffer;
    buffer.append(raw);
    buffer.append('"');
    JsonSlice slice{buffer.view(0, raw.size()), 0};
    slice.seen = select_scan_kernels().json_string(buffer.data(), buffer.end()).seen;
    return json_value_of(slice);
  };
  EXPECT_EQ(value(""), "");
  EXPECT_EQ(value("/aws/lambda/x"), "/aws/lambda/x");
  EXPECT_EQ(value(R"(\/aws\u002fx\n)"), "/aws/x\n");
  EXPECT_EQ(value("\\ud83d\\ude00 gr\xc3\xbc\xc3\x9f"), "\xf0\x9f\x98\x80 gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(value("\xff"
                  "a"),
            "\xef\xbf\xbd"
            "a");
  EXPECT_EQ(value("\\ud800"), "\xef\xbf\xbd");
  EXPECT_EQ(value(std::string(100, '\xff')).size(), 300U);
}

TEST(JsonScan, integers_are_read_whole_or_not_at_all) {
  std::int64_t out = 0;
  EXPECT_TRUE(parse_integer("0", out));
  EXPECT_TRUE(parse_integer("-9223372036854775808", out));
  EXPECT_EQ(out, INT64_MIN);
  EXPECT_TRUE(parse_integer("9223372036854775807", out));
  EXPECT_EQ(out, INT64_MAX);
  for (const std::string_view text :
       {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "null", "9223372036854775808", "1\n"}) {
    EXPECT_FALSE(parse_integer(text, out)) << text;
  }
}

}  // namespace
}  // namespace hecate
