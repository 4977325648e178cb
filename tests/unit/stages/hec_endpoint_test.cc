// What users write for a receiver, and the URLs it becomes.
#include "stages/hec_endpoint.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hecate {
namespace {

TEST(HecEndpoint, the_path_has_a_default_and_the_ack_url_stands_beside_it) {
  struct Row {
    std::string url, event_url, ack_url;
  };
  const std::vector<Row> rows = {
      {"https://h:8088", "https://h:8088/services/collector/event",
       "https://h:8088/services/collector/ack"},
      {"https://h:8088/", "https://h:8088/services/collector/event",
       "https://h:8088/services/collector/ack"},
      {"HTTPS://Splunk.Example.COM", "https://splunk.example.com/services/collector/event",
       "https://splunk.example.com/services/collector/ack"},
      {"http://[::1]:8088/services/collector", "http://[::1]:8088/services/collector",
       "http://[::1]:8088/services/collector/ack"},
      {"https://h/splunk/services/collector/event/1.0",
       "https://h/splunk/services/collector/event/1.0", "https://h/splunk/services/collector/ack"},
      {"https://h/hec", "https://h/hec", "https://h/services/collector/ack"},
  };
  for (const Row& row : rows) {
    const Result<HecEndpointUrls> endpoint = parse_hec_endpoint(row.url, GzipMode::automatic);
    ASSERT_TRUE(endpoint) << row.url << " " << endpoint.error().message;
    EXPECT_EQ(endpoint->event_url, row.event_url);
    EXPECT_EQ(endpoint->ack_url, row.ack_url);
  }
}

TEST(HecEndpoint, only_plain_http_to_this_machine_is_not_worth_compressing) {
  const std::vector<std::pair<std::string, bool>> rows = {
      {"https://splunk:8088", true},    {"http://splunk:8088", true},
      {"http://10.0.0.1:8088", true},   {"https://127.0.0.1:8088", true},
      {"http://127.0.0.1:8088", false}, {"http://localhost:8088", false},
      {"http://[::1]:8088", false},     {"http://127.1.2.3", false},
  };
  for (const auto& [url, gzip] : rows) {
    EXPECT_EQ(parse_hec_endpoint(url, GzipMode::automatic)->gzip, gzip) << url;
    EXPECT_TRUE(parse_hec_endpoint(url, GzipMode::on)->gzip) << url;
    EXPECT_FALSE(parse_hec_endpoint(url, GzipMode::off)->gzip) << url;
  }
}

TEST(HecEndpoint, refuses_what_should_not_be_given_a_token) {
  for (const std::string url :
       {"", "https://", "https:///path", "splunk:8088", "ftp://h", "file:///etc/passwd",
        "https://user:secret@h", "https://h?token=secret", "https://h/#x", "https://h:0",
        "https://h:65536", "https://h:80x", "https://[::1", "https://h /", "https://h/\r\nX: y",
        "https://h\xc3\xa9"}) {
    const Result<HecEndpointUrls> endpoint = parse_hec_endpoint(url, GzipMode::automatic);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().code, Errc::usage);
    EXPECT_EQ(endpoint.error().message.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace hecate
