// Who is trusted: certificates, names, dates and protocol versions, against a real TLS server.
#include <string>

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "tests/support/tls_server.h"

namespace hecate {
namespace {

Result<HttpAnswer> post(const TlsConfig& tls, const std::string& url) {
  HttpClientOptions options;
  options.tls = tls;
  auto client = std::move(*make_http_client(std::move(options)));
  const std::pair<std::string, std::string> authorization{"Authorization", "Splunk abc"};
  HttpRequest request;
  request.url = url;
  request.body = "x";
  request.headers = {&authorization, 1};
  request.timeout = std::chrono::milliseconds(5000);
  return client->send(request);
}

TEST(HttpClientTls, trusts_the_given_authority_and_nobody_else) {
  const TestCertificate good("IP:127.0.0.1");
  const TestCertificate other("IP:127.0.0.1");
  const TlsServer server(good);
  TlsConfig tls;
  const auto by_default = post(tls, server.url("127.0.0.1"));
  ASSERT_FALSE(by_default);
  EXPECT_EQ(by_default.error().code, Errc::denied);
  EXPECT_NE(by_default.error().message.find("--ca-file"), std::string::npos);
  tls.ca_file = other.cert_file();
  EXPECT_EQ(post(tls, server.url("127.0.0.1")).error().code, Errc::denied);
  EXPECT_EQ(server.received(), "");
  tls.ca_file = good.cert_file();
  const auto trusted = post(tls, server.url("127.0.0.1"));
  ASSERT_TRUE(trusted) << trusted.error().message;
  EXPECT_EQ(trusted->status, 200);
}

TEST(HttpClientTls, refuses_another_name_and_a_certificate_out_of_date) {
  const TestCertificate wrong_name("DNS:splunk.example.com");
  const TestCertificate expired("IP:127.0.0.1", -7200, -3600);
  const TestCertificate not_yet("IP:127.0.0.1", 3600, 7200);
  for (const TestCertificate* certificate : {&wrong_name, &expired, &not_yet}) {
    const TlsServer server(*certificate);
    TlsConfig tls;
    tls.ca_file = certificate->cert_file();
    const auto answer = post(tls, server.url("127.0.0.1"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::denied) << answer.error().message;
    EXPECT_EQ(server.received(), "");
  }
}

TEST(HttpClientTls, verifies_nothing_only_when_told_so) {
  const TestCertificate wrong_name("DNS:splunk.example.com");
  const TlsServer server(wrong_name);
  TlsConfig tls;
  tls.verify = false;
  EXPECT_TRUE(post(tls, server.url("127.0.0.1")));
}

TEST(HttpClientTls, shows_its_own_certificate_when_it_has_one) {
  const TestCertificate certificate("IP:127.0.0.1");
  const TestCertificate own("DNS:client");
  const TlsServer server(certificate, own.cert_file());
  TlsConfig tls;
  tls.ca_file = certificate.cert_file();
  EXPECT_FALSE(post(tls, server.url("127.0.0.1")));
  tls.cert_file = own.cert_file();
  tls.key_file = own.key_file();
  const auto answer = post(tls, server.url("127.0.0.1"));
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST(HttpClientTls, files_that_cannot_be_used_are_named_as_the_fault) {
  const TestCertificate certificate("IP:127.0.0.1");
  const TlsServer server(certificate);
  TlsConfig tls;
  tls.ca_file = "/nowhere/ca.pem";
  EXPECT_EQ(post(tls, server.url("127.0.0.1")).error().code, Errc::usage);
  tls.ca_file = certificate.cert_file();
  tls.cert_file = "/nowhere/cert.pem";
  EXPECT_EQ(post(tls, server.url("127.0.0.1")).error().code, Errc::usage);
}

TEST(HttpClientTls, speaks_nothing_older_than_tls_1_2) {
  const TestCertificate certificate("IP:127.0.0.1");
  const TlsServer server(certificate, "", TLS1_1_VERSION);
  TlsConfig tls;
  tls.ca_file = certificate.cert_file();
  EXPECT_FALSE(post(tls, server.url("127.0.0.1")));
  EXPECT_EQ(server.received(), "");
}

}  // namespace
}  // namespace hecate
