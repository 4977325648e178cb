// The HTTP client against a server on this machine that answers well, badly or not at all.
#include "net/http_client.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/version.h"
#include "tests/support/loopback_server.h"

namespace hecate {
namespace {

using std::chrono::milliseconds;
using Headers = std::vector<std::pair<std::string, std::string>>;

class RuntimeForTests : public testing::Environment {
 public:
  void SetUp() override { runtime_ = std::make_unique<HttpRuntime>(); }
  void TearDown() override { runtime_.reset(); }

 private:
  std::unique_ptr<HttpRuntime> runtime_;
};
const auto* const runtime = testing::AddGlobalTestEnvironment(new RuntimeForTests);

std::unique_ptr<HttpTransport> client_of(HttpClientOptions options = {}) {
  return std::move(*make_http_client(std::move(options)));
}

Result<HttpAnswer> post(HttpTransport& client, const std::string& url, std::string_view body,
                        const Headers& headers = {}, milliseconds timeout = milliseconds(5000)) {
  HttpRequest request;
  request.url = url;
  request.body = body;
  request.headers = headers;
  request.timeout = timeout;
  return client.send(request);
}

TEST(HttpClient, posts_headers_and_body_as_given) {
  std::string seen;
  LoopbackServer server([&](const std::string& request) {
    seen = request;
    return LoopbackServer::Answer{http_answer(200, R"({"code":0})")};
  });
  const auto client = client_of();
  const std::string body("{\"event\":\"a\"}\0\n", 15);
  const auto answer = post(*client, server.url("/services/collector/event"), body,
                           {{"Authorization", "Splunk abc"}, {"Content-Type", "application/json"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"({"code":0})");
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_FALSE(answer->retry_after);
  EXPECT_EQ(seen.rfind("POST /services/collector/event HTTP/1.1\r\n", 0), 0U);
  EXPECT_NE(seen.find("\r\nAuthorization: Splunk abc\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nUser-Agent: hecate/" + std::string(version) + "\r\n"),
            std::string::npos);
  EXPECT_NE(seen.find("\r\nContent-Length: 15\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("Expect:"), std::string::npos);
  EXPECT_EQ(seen.find("Accept-Encoding:"), std::string::npos);
  EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4), body);
}

TEST(HttpClient, keeps_its_connection_and_its_cookies) {
  std::atomic<int> with_cookie{0};
  LoopbackServer server([&](const std::string& request) {
    if (request.find("\r\nCookie: node=7\r\n") != std::string::npos) ++with_cookie;
    return LoopbackServer::Answer{http_answer(200, "{}", "Set-Cookie: node=7\r\n")};
  });
  const auto client = client_of();
  for (int i = 0; i < 5; ++i) {
    const auto answer = post(*client, server.url(), "x");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->connection_reused, i > 0);
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(with_cookie, 4);
}

TEST(HttpClient, connects_anew_when_the_server_closed_an_idle_connection) {
  std::atomic<int> requests{0};
  LoopbackServer server([&](const std::string&) {
    ++requests;
    return LoopbackServer::Answer{http_answer(200, "{}"), true};  // without saying so
  });
  const auto client = client_of();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(post(*client, server.url(), "x"));
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(requests, 3);
}

TEST(HttpClient, any_status_is_an_answer_and_redirects_are_not_followed) {
  for (const int status : {201, 204, 301, 302, 307, 400, 401, 403, 404, 413, 429, 500, 503}) {
    LoopbackServer server([&](const std::string&) {
      return LoopbackServer::Answer{http_answer(status, status == 204 ? "" : "no",
                                                "Location: /elsewhere\r\nRetry-After:  17 \r\n")};
    });
    const auto client = client_of();
    const auto answer = post(*client, server.url(), "x", {{"Authorization", "Splunk abc"}});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->retry_after, "17");
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(HttpClient, an_answer_that_is_not_whole_is_an_error) {
  const std::vector<std::string> broken = {
      "",
      "HTTP/1.1 200",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"code\":0}",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{\"code\":0}\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"code\":0}\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "{\"code\":0}",
      "\x15\x03\x01\x00\x02\x02\x46",
  };
  for (const std::string& bytes : broken) {
    LoopbackServer server([&](const std::string&) { return LoopbackServer::Answer{bytes, true}; });
    const auto client = client_of();
    const auto answer = post(*client, server.url("/secret-path"), "x");
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().code, Errc::transient) << bytes;
    EXPECT_NE(answer.error().message.find("http://127.0.0.1:"), std::string::npos);
    EXPECT_EQ(answer.error().message.find("secret-path"), std::string::npos)
        << answer.error().message;
  }
}

TEST(HttpClient, an_answer_is_taken_up_to_its_bound_and_not_beyond) {
  std::size_t size = 0;
  LoopbackServer server([&](const std::string&) {
    return LoopbackServer::Answer{http_answer(200, std::string(size, 'x'))};
  });
  const auto client = client_of();
  size = limits::hec_answer_bytes_max;
  const auto largest = post(*client, server.url(), "x");
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->body.size(), size);
  ++size;
  const auto larger = post(*client, server.url(), "x");
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, Errc::transient);
  size = 3;
  EXPECT_TRUE(post(*client, server.url(), "x"));  // the handle survived
}

TEST(HttpClient, endless_headers_and_interim_answers_are_cut_off) {
  std::string headers;
  for (int i = 0; i < 10'000; ++i) headers += "X-Filler: " + std::to_string(i) + "\r\n";
  std::string interim;
  for (int i = 0; i < 10'000; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  for (const std::string& bytes :
       {http_answer(200, "{}", headers), interim + http_answer(200, "{}")}) {
    LoopbackServer server([&](const std::string&) { return LoopbackServer::Answer{bytes}; });
    const auto client = client_of();
    const auto answer = post(*client, server.url(), "x");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::transient);
  }
}

TEST(HttpClient, nobody_listening_is_transient) {
  std::string url;
  {
    LoopbackServer server([](const std::string&) { return LoopbackServer::Answer{}; });
    url = server.url();
  }
  const auto client = client_of();
  const auto answer = post(*client, url, "x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::transient);
}

TEST(HttpClient, no_answer_in_time_is_transient) {
  LoopbackServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(600));
    return LoopbackServer::Answer{http_answer(200, "{}")};
  });
  const auto client = client_of();
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = post(*client, server.url(), "x", {}, milliseconds(200));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::transient);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(550));
}

TEST(HttpClient, a_stop_ends_a_transfer) {
  std::atomic<bool> answered{false};
  LoopbackServer server([&](const std::string&) {
    for (int i = 0; i < 300 && !answered; ++i) std::this_thread::sleep_for(milliseconds(20));
    return LoopbackServer::Answer{http_answer(200, "{}")};
  });
  std::atomic<bool> stop{false};
  HttpClientOptions options;
  options.aborted = [&] { return stop.load(); };
  const auto client = client_of(std::move(options));
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop = true;
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = post(*client, server.url(), "x");
  stopper.join();
  answered = true;
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::interrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2500));
}

TEST(HttpClient, refuses_other_schemes_and_headers_that_break_out_of_their_line) {
  LoopbackServer server(
      [](const std::string&) { return LoopbackServer::Answer{http_answer(200, "{}")}; });
  const auto client = client_of();
  for (const std::string url : {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/",
                                "127.0.0.1", "", "http://"}) {
    const auto answer = post(*client, url, "x");
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, Errc::usage) << url;
  }
  for (const std::string& value :
       std::vector<std::string>{"Splunk a\r\nX-Evil: 1", "Splunk a\n", std::string("a\0b", 3)}) {
    const auto answer = post(*client, server.url(), "x", {{"Authorization", value}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::usage);
    EXPECT_EQ(answer.error().message.find("Splunk"), std::string::npos);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, tls_to_a_plain_port_fails_without_sending_the_token) {
  std::string seen;
  LoopbackServer server([&](const std::string& request) {
    seen = request;
    return LoopbackServer::Answer{http_answer(200, "{}"), true};
  });
  const auto client = client_of();
  const auto answer = post(*client, "https" + server.url().substr(4), "x",
                           {{"Authorization", "Splunk abc"}}, milliseconds(500));
  ASSERT_FALSE(answer);
  EXPECT_EQ(seen.find("Splunk abc"), std::string::npos);
}

TEST(HttpClient, other_methods_work_on_the_same_client) {
  std::string seen;
  LoopbackServer server([&](const std::string& request) {
    seen = request;
    return LoopbackServer::Answer{http_answer(200, "{}")};
  });
  const auto client = client_of();
  for (const std::string method : {"GET", "POST", "PUT", "DELETE", "GET", "POST"}) {
    HttpRequest request;
    const std::string url = server.url("/x");
    request.url = url;
    request.method = method;
    request.body = method == "PUT" || method == "POST" ? "body" : "";
    ASSERT_TRUE(client->send(request)) << method;
    EXPECT_EQ(seen.rfind(method + " /x HTTP/1.1\r\n", 0), 0U) << seen;
    EXPECT_EQ(seen.ends_with("\r\n\r\nbody"), !request.body.empty()) << seen;
  }
}

}  // namespace
}  // namespace hecate
