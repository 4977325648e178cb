// Reading files and streams, and the words for what goes wrong.
#include "batch/file_store.h"

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::TempFolder;

Envelope object(std::string uri) {
  Envelope envelope;
  envelope.uri = std::move(uri);
  return envelope;
}

std::string read_through(ByteReader& reader, std::size_t piece) {
  std::string all;
  std::string buffer(piece, '\0');
  for (;;) {
    Result<std::size_t> size = reader.read(buffer);
    EXPECT_TRUE(size) << size.error().message;
    if (!size || *size == 0) return all;
    all.append(buffer, 0, *size);
  }
}

TEST(FileStore, reads_a_file_from_front_to_back) {
  const TempFolder folder;
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += std::to_string(i);
  FileStore store;
  auto reader = store.open(object(folder.file("a", content)));
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_through(**reader, 4099), content);
  auto empty = store.open(object(folder.file("empty", "")));
  ASSERT_TRUE(empty);
  EXPECT_EQ(read_through(**empty, 10), "");
}

TEST(FileStore, says_why_a_file_cannot_be_opened) {
  const TempFolder folder;
  FileStore store;
  auto missing = store.open(object(folder / "missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().message,
            folder / "missing" + ": cannot open: No such file or directory");
  auto is_folder = store.open(object(folder.path()));
  ASSERT_FALSE(is_folder);
  EXPECT_EQ(is_folder.error().code, Errc::bad_object);
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  std::filesystem::permissions(folder.file("secret"), std::filesystem::perms::none);
  auto denied = store.open(object(folder / "secret"));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::denied);
}

TEST(FileStore, refuses_a_file_that_is_not_the_one_that_was_listed) {
  const TempFolder folder;
  Envelope listed = object(folder.file("a", "12345"));
  struct stat info {};
  ASSERT_EQ(::stat(listed.uri.c_str(), &info), 0);
  listed.identity = file_identity(info);
  FileStore store;
  EXPECT_TRUE(store.open(listed));
  folder.file("a", "123456");
  auto changed = store.open(listed);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Errc::transient);
}

TEST(FileStore, waits_for_the_writer_of_a_pipe) {
  const TempFolder folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    const int fd = ::open(path.c_str(), O_WRONLY);
    EXPECT_EQ(::write(fd, "one ", 4), 4);
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_EQ(::write(fd, "two", 3), 3);
    ::close(fd);
  });
  FileStore store;
  auto reader = store.open(object(path));
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_through(**reader, 100), "one two");
  writer.join();
}

TEST(FileStore, stops_waiting_for_a_pipe_when_told_to) {
  const TempFolder folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    stopped = true;
  });
  FileStore store([&] { return stopped.load(); });
  auto reader = store.open(object(path));
  ASSERT_TRUE(reader);
  std::array<char, 10> buffer{};
  const Result<std::size_t> size = (*reader)->read(buffer);
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code, Errc::interrupted);
  stopper.join();
}

TEST(FileStore, reads_standard_input_and_leaves_it_open) {
  const TempFolder folder;
  const int before = ::dup(STDIN_FILENO);
  const int file = ::open(folder.file("in", "typed").c_str(), O_RDONLY);
  ::dup2(file, STDIN_FILENO);
  ::close(file);
  {
    FileStore store;
    auto reader = store.open(object("-"));
    ASSERT_TRUE(reader);
    EXPECT_EQ(read_through(**reader, 2), "typed");
  }
  EXPECT_NE(::fcntl(STDIN_FILENO, F_GETFD), -1);
  ::dup2(before, STDIN_FILENO);
  ::close(before);
}

}  // namespace
}  // namespace hecate
