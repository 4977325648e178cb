// The beginning of an object was lost when damage followed within four bytes. Found by fuzz_lines.
//
// To tell compression from text, the first four bytes of every layer are looked at. When less came
// before a wrong checksum or a broken connection, opening failed, and with it what had been read.
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "stages/decompress.h"
#include "tests/support/compressed.h"
#include "tests/support/memory_reader.h"

namespace hecate {
namespace {

void expect_text_then_error(ByteReader& object, const std::string& text, Errc code) {
  Decompress decompress;
  ASSERT_TRUE(decompress.open(object));
  std::string buffer(100, '?');
  Result<std::size_t> got = decompress.read({buffer.data(), buffer.size()});
  ASSERT_TRUE(got);
  EXPECT_EQ(buffer.substr(0, *got), text);
  for (int again = 0; again < 2; ++again) {
    got = decompress.read({buffer.data(), buffer.size()});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, code);
  }
}

TEST(Regress, text_shorter_than_a_magic_number_comes_before_its_wrong_checksum) {
  std::string object = gzip_member("ok\n");
  object[object.size() - 8] = static_cast<char>(object[object.size() - 8] ^ 1);
  MemoryReader reader(object);
  expect_text_then_error(reader, "ok\n", Errc::bad_object);
}

TEST(Regress, text_shorter_than_a_magic_number_comes_before_a_broken_connection) {
  MemoryReader reader("ok\n", Pieces::whole(), Error{Errc::transient, "reset"});
  expect_text_then_error(reader, "ok\n", Errc::transient);
}

}  // namespace
}  // namespace hecate
