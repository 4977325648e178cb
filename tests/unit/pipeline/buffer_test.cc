// The buffer: growth keeps content, size and capacity stay apart, padding is always there.
#include "pipeline/buffer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace hecate {
namespace {

TEST(Buffer, begins_empty_without_memory) {
  const Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

TEST(Buffer, keeps_its_content_when_it_grows_byte_by_byte) {
  Buffer buffer;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const char c = static_cast<char>('a' + i % 26);
    buffer.append(c);
    expected += c;
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(Buffer, at_least_doubles_so_that_appending_is_linear) {
  Buffer buffer;
  int growths = 0;
  std::size_t capacity = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    buffer.append('x');
    if (buffer.capacity() == capacity) continue;
    capacity = buffer.capacity();
    ++growths;
  }
  EXPECT_LE(growths, 21);
}

TEST(Buffer, has_padding_behind_its_capacity_that_may_be_read_and_written) {
  Buffer buffer(100);
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_GE(buffer.capacity(), 100u);
  const char* padding = buffer.data() + buffer.capacity();
  EXPECT_TRUE(std::all_of(padding, padding + limits::padding_bytes, [](char c) { return c == 0; }));
  std::fill_n(buffer.data() + buffer.capacity(), limits::padding_bytes, 'p');
}

TEST(Buffer, keeps_its_memory_when_cleared) {
  Buffer buffer;
  buffer.append("some text");
  const char* data = buffer.data();
  const std::size_t capacity = buffer.capacity();
  buffer.clear();
  buffer.append("other");
  EXPECT_EQ(buffer.data(), data);
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.view(), "other");
}

TEST(Buffer, drops_its_front_and_moves_the_rest_up) {
  Buffer buffer;
  buffer.append("0123456789");
  buffer.drop_front(0);
  EXPECT_EQ(buffer.view(), "0123456789");
  buffer.drop_front(7);
  EXPECT_EQ(buffer.view(), "789");
  buffer.drop_front(3);
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, shows_a_part_of_itself) {
  Buffer buffer;
  buffer.append("message");
  EXPECT_EQ(buffer.view(2, 3), "ssa");
  EXPECT_EQ(buffer.room(), buffer.capacity() - 7);
  EXPECT_EQ(buffer.end(), buffer.data() + 7);
}

TEST(Buffer, takes_bytes_written_behind_its_end) {
  Buffer buffer(8);
  std::copy_n("abc", 3, buffer.end());
  buffer.set_size(3);
  EXPECT_EQ(buffer.view(), "abc");
}

TEST(Buffer, hands_its_memory_on_when_moved) {
  Buffer from;
  from.append("text");
  const char* data = from.data();
  const Buffer to = std::move(from);
  EXPECT_EQ(to.data(), data);
  EXPECT_EQ(to.view(), "text");
}

TEST(BufferDeathTest, refuses_sizes_beyond_what_it_holds) {
  Buffer buffer(8);
  EXPECT_DEATH(buffer.set_size(buffer.capacity() + 1), "stays within its capacity");
  EXPECT_DEATH(buffer.drop_front(1), "no more is dropped");
}

}  // namespace
}  // namespace hecate
