// Requests into files and pipes: whole or not at all.
#include "stages/local_sink.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/fake_checkpoint_store.h"

namespace hecate {
namespace {

class LocalSinkTest : public testing::Test {
 protected:
  LocalSinkTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "local_sink_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/out.ndjson";
    Envelope envelope;
    envelope.uri = "object";
    envelope.identity = "v1";
    object_ = *ledger_.open(envelope);
  }
  ~LocalSinkTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Request> request_of(const std::vector<std::string>& lines) {
    std::unique_ptr<Request> request = pool_.take();
    request->segments.push_back({object_, next_record_, next_record_ + lines.size(), 0, 0});
    for (const std::string& line : lines) {
      request->body.append(line + "\n");
      request->events.push_back(
          {static_cast<std::uint32_t>(request->body.size()), 0, next_record_++});
    }
    return request;
  }
  std::uint64_t settled() const {
    const auto state = store_.find("object");
    return state ? state->records_settled : 0;
  }
  static std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  Metrics metrics_;
  FakeCheckpointStore store_;
  Ledger ledger_{&store_, metrics_};
  RequestPool pool_{8, 100};
  std::string folder_;
  std::string path_;
  std::shared_ptr<ObjectProgress> object_;
  std::uint64_t next_record_ = 0;
};

TEST_F(LocalSinkTest, appends_to_a_file_that_only_its_owner_can_read) {
  auto sink = LocalSink::open_file(path_, ledger_, pool_);
  ASSERT_TRUE(sink) << sink.error().message;
  ASSERT_TRUE((*sink)->submit(request_of({"a", "b"})));
  ASSERT_TRUE((*sink)->submit(request_of({"c"})));
  ASSERT_TRUE((*sink)->drain());
  EXPECT_EQ(content_of(path_), "a\nb\nc\n");
  EXPECT_EQ(settled(), 3U);
  EXPECT_EQ(metrics_.events_delivered, 3U);
  EXPECT_EQ(metrics_.bytes_posted, 0U);
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(LocalSinkTest, removes_a_line_that_a_crash_cut_short) {
  const std::string long_line(200'000, 'x');
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ""},
      {"a\n", "a\n"},
      {"a\nb", "a\n"},
      {"torn", ""},
      {"a\n" + long_line, "a\n"},
      {long_line, ""},
      {long_line + "\n" + long_line, long_line + "\n"},
      {std::string(65536, 'x') + "\n", std::string(65536, 'x') + "\n"},
      {"\n" + std::string(65536, 'x'), "\n"},
  };
  for (const auto& [before, after] : rows) {
    write(before);
    auto sink = LocalSink::open_file(path_, ledger_, pool_);
    ASSERT_TRUE(sink);
    EXPECT_EQ(content_of(path_), after);
    ASSERT_TRUE((*sink)->submit(request_of({"z"})));
    EXPECT_EQ(content_of(path_), after + "z\n");
  }
}

TEST_F(LocalSinkTest, says_which_file_cannot_be_opened) {
  const auto sink = LocalSink::open_file(folder_ + "/no/such/folder", ledger_, pool_);
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, Errc::storage);
  EXPECT_NE(sink.error().message.find("/no/such/folder"), std::string::npos);
}

TEST_F(LocalSinkTest, keeps_nothing_of_a_request_that_did_not_fit) {
  auto sink = LocalSink::open_file(path_, ledger_, pool_);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->submit(request_of({"fits"})));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 20;
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const Status status = (*sink)->submit(request_of({"too long", "to be in this file"}));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::storage);
  EXPECT_NE(status.error().message.find(path_), std::string::npos);
  EXPECT_EQ(content_of(path_), "fits\n");
  EXPECT_EQ(settled(), 1U);
}

TEST_F(LocalSinkTest, a_reader_that_went_away_is_an_error) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto sink = LocalSink::standard_output(ledger_, pool_, ends[1]);
  ASSERT_TRUE(sink->submit(request_of({"a"})));
  ::close(ends[0]);
  const Status status = sink->submit(request_of({"b"}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::storage);
  EXPECT_NE(status.error().message.find("reader of standard output went away"), std::string::npos);
  EXPECT_TRUE(sink->drain());
  ::close(ends[1]);
}

TEST_F(LocalSinkTest, a_slow_reader_of_a_non_blocking_pipe_gets_everything) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  auto sink = LocalSink::standard_output(ledger_, pool_, ends[1]);
  std::string got;
  std::thread reader([&] {
    char chunk[3000];
    for (ssize_t n = 0; (n = ::read(ends[0], chunk, sizeof chunk)) > 0;) {
      got.append(chunk, static_cast<std::size_t>(n));
    }
  });
  const std::string line(300'000, 'y');
  EXPECT_TRUE(sink->submit(request_of({line, line})));
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(got, line + "\n" + line + "\n");
}

TEST_F(LocalSinkTest, requests_of_several_threads_do_not_mix) {
  auto sink = LocalSink::open_file(path_, ledger_, pool_);
  ASSERT_TRUE(sink);
  std::vector<std::unique_ptr<Request>> requests;
  for (int i = 0; i < 8; ++i) {
    requests.push_back(request_of({std::string(100'000, static_cast<char>('a' + i))}));
  }
  std::vector<std::thread> threads;
  for (auto& request : requests) {
    threads.emplace_back([&] { EXPECT_TRUE((*sink)->submit(std::move(request))); });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(content_of(path_));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line, std::string(100'000, line[0]));
  }
  EXPECT_EQ(count, 8);
  EXPECT_EQ(settled(), 8U);
}

TEST_F(LocalSinkTest, null_settles_everything) {
  auto sink = LocalSink::null(ledger_, pool_);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(sink->submit(request_of({"a", "b"})));
  ASSERT_TRUE(sink->drain());
  EXPECT_EQ(settled(), 40U);
  EXPECT_EQ(metrics_.bytes_posted, 0U);
}

TEST_F(LocalSinkTest, an_event_is_not_settled_when_progress_cannot_be_saved) {
  auto sink = LocalSink::null(ledger_, pool_);
  store_.failing = true;
  const Status status = sink->submit(request_of({"a"}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::storage);
}

}  // namespace
}  // namespace hecate
