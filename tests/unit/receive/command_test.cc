// `hecate receive` as a process: what it prints, and how it ends.
#include "receive/command.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/receive/raw_client.h"

namespace hecate::receive {
namespace {

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("hecate_command_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string read(const std::string& name) const {
    std::ifstream stream(file(name));
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(file(name)) << text;
  }

 private:
  std::filesystem::path path_;
};

// Runs the command in a process of its own, with its output in the folder.
pid_t spawn(const ReceiveOptions& options, const Folder& folder) {
  const pid_t child = fork();
  if (child != 0) return child;
  std::FILE* out = std::fopen(folder.file("out").c_str(), "w");
  std::FILE* log = std::fopen(folder.file("log").c_str(), "w");
  const int status = run_receive(options, out, log);
  std::fclose(out);
  std::fclose(log);
  _exit(status);
}

int exit_status(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

uint16_t wait_for_port(const Folder& folder) {
  for (int i = 0; i < 2000; ++i) {
    if (const std::string port = folder.read("port"); !port.empty())
      return static_cast<uint16_t>(std::stoi(port));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return 0;
}

ReceiveOptions on_any_port(const Folder& folder) {
  ReceiveOptions options;
  options.listen = "127.0.0.1:0";
  options.port_file = folder.file("port");
  options.tokens = {"T"};
  return options;
}

TEST(ReceiveCommand, listens_until_it_is_told_to_stop_and_prints_counts) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Folder folder;
    folder.write("faults.yaml", "rules: [{name: f, requests: 2, status: 503}]");
    ReceiveOptions options = on_any_port(folder);
    options.faults_file = folder.file("faults.yaml");
    const pid_t child = spawn(options, folder);
    const uint16_t port = wait_for_port(folder);
    ASSERT_NE(port, 0);
    EXPECT_EQ(RawClient(port).exchange(post_request("{\"event\":1}")).status, 200);
    EXPECT_EQ(RawClient(port).exchange(post_request("{\"event\":1}")).status, 503);
    kill(child, signal);
    EXPECT_EQ(exit_status(child), 0);
    EXPECT_EQ(folder.read("log"),
              "hecate receive: listening on http://127.0.0.1:" + std::to_string(port) +
                  "/services/collector/event\n"
                  "hecate receive: fault 'f' struck 1 of 2 requests\n");
    const std::string out = folder.read("out");
    EXPECT_TRUE(out.starts_with("{\"requests\":2,\"events\":1,")) << out;
    EXPECT_TRUE(out.ends_with("\"faults\":[{\"name\":\"f\",\"seen\":2,\"fired\":1}]}\n")) << out;
  }
}

TEST(ReceiveCommand, warns_when_any_token_will_do_and_takes_one_from_the_environment) {
  const Folder folder;
  ReceiveOptions options = on_any_port(folder);
  options.tokens.clear();
  unsetenv("SPLUNK_HEC_TOKEN");
  const pid_t child = spawn(options, folder);
  wait_for_port(folder);
  kill(child, SIGTERM);
  EXPECT_EQ(exit_status(child), 0);
  EXPECT_NE(folder.read("log").find("warning: no token was given"), std::string::npos);

  std::filesystem::remove(folder.file("port"));
  setenv("SPLUNK_HEC_TOKEN", "S", 1);
  const pid_t second = spawn(options, folder);
  unsetenv("SPLUNK_HEC_TOKEN");
  const uint16_t port = wait_for_port(folder);
  EXPECT_EQ(RawClient(port).exchange(post_request("{\"event\":1}")).status, 403);
  kill(second, SIGTERM);
  EXPECT_EQ(exit_status(second), 0);
  EXPECT_EQ(folder.read("log").find("warning"), std::string::npos);
}

TEST(ReceiveCommand, ends_with_2_when_it_is_set_up_wrongly) {
  const Folder folder;
  folder.write("faults.yaml", "rules: [{stauts: 503}]");
  const auto refused = [&](auto change) {
    ReceiveOptions options = on_any_port(folder);
    change(options);
    EXPECT_EQ(exit_status(spawn(options, folder)), 2);
    return folder.read("log");
  };
  EXPECT_NE(refused([](ReceiveOptions& o) { o.listen = "localhost"; }).find("ADDR:PORT"),
            std::string::npos);
  EXPECT_NE(refused([](ReceiveOptions& o) { o.listen = "127.0.0.1:70000"; }).find("ADDR:PORT"),
            std::string::npos);
  EXPECT_NE(refused([](ReceiveOptions& o) { o.tls_cert_file = "x"; }).find("--tls-key"),
            std::string::npos);
  EXPECT_NE(refused([](ReceiveOptions& o) { o.port_file = "/nonexistent/p"; }).find("--port-file"),
            std::string::npos);
  const std::string log =
      refused([&](ReceiveOptions& o) { o.faults_file = folder.file("faults.yaml"); });
  EXPECT_NE(log.find("faults.yaml:1:10: unknown key 'stauts'"), std::string::npos) << log;
}

}  // namespace
}  // namespace hecate::receive
