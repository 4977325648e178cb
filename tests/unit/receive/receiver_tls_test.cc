// The receiver behind TLS, with a certificate made for the test.
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "receive/receiver.h"
#include "tests/unit/receive/raw_client.h"

namespace hecate::receive {
namespace {

// A key and a certificate it signed itself, as files.
class Certificate {
 public:
  Certificate()
      : base_((std::filesystem::temp_directory_path() / ("hecate_tls_" + std::to_string(getpid())))
                  .string()) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
    if (std::FILE* file = std::fopen(cert_file().c_str(), "w")) {
      PEM_write_X509(file, certificate);
      std::fclose(file);
    }
    if (std::FILE* file = std::fopen(key_file().c_str(), "w")) {
      PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
      std::fclose(file);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() {
    std::filesystem::remove(cert_file());
    std::filesystem::remove(key_file());
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string cert_file() const { return base_ + ".crt"; }
  std::string key_file() const { return base_ + ".key"; }

 private:
  std::string base_;
};

class TlsClient {
 public:
  explicit TlsClient(uint16_t port) : raw_(port), context_(SSL_CTX_new(TLS_client_method())) {
    session_ = SSL_new(context_);
    SSL_set_fd(session_, raw_.fd());
    connected_ = SSL_connect(session_) == 1;
  }
  ~TlsClient() {
    SSL_free(session_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }

  /// What came until a JSON object was complete or the connection at its end.
  std::string exchange(const std::string& request) {
    for (size_t sent = 0; sent < request.size();) {
      const int count =
          SSL_write(session_, request.data() + sent, static_cast<int>(request.size() - sent));
      if (count <= 0) break;
      sent += static_cast<size_t>(count);
    }
    std::string out;
    char bytes[4096];
    while (!out.ends_with('}')) {
      errno = 0;
      const int count = SSL_read(session_, bytes, sizeof bytes);
      read_error_ = count < 0 ? errno : 0;
      if (count <= 0) break;
      out.append(bytes, static_cast<size_t>(count));
    }
    return out;
  }

  /// Why the last read failed, at the level of the socket; 0 for an orderly end.
  int read_error() const { return read_error_; }

 private:
  RawClient raw_;
  SSL_CTX* context_;
  SSL* session_ = nullptr;
  bool connected_ = false;
  int read_error_ = 0;
};

ReceiverOptions with_tls(const Certificate& certificate) {
  ReceiverOptions options;
  options.hec.tokens = {"T"};
  options.http.tls_cert_file = certificate.cert_file();
  options.http.tls_key_file = certificate.key_file();
  return options;
}

TEST(ReceiverTls, serves_many_requests_on_one_connection) {
  const Certificate certificate;
  Receiver receiver(with_tls(certificate));
  ASSERT_TRUE(receiver.start().has_value());
  TlsClient client(receiver.port());
  ASSERT_TRUE(client.connected());
  const std::string big = "{\"event\":\"" + std::string(300'000, 'x') + "\"}";
  for (int i = 0; i < 5; ++i)
    EXPECT_NE(client.exchange(post_request(big)).find("\"code\":0"), std::string::npos);
  receiver.stop();
  EXPECT_EQ(receiver.counts().events, 5u);
  EXPECT_EQ(receiver.counts().connections, 1u);
}

TEST(ReceiverTls, outlives_a_client_that_speaks_no_tls) {
  const Certificate certificate;
  Receiver receiver(with_tls(certificate));
  ASSERT_TRUE(receiver.start().has_value());
  EXPECT_EQ(RawClient(receiver.port()).exchange(post_request("{\"event\":1}")).status, 0);
  TlsClient client(receiver.port());
  EXPECT_NE(client.exchange(post_request("{\"event\":1}")).find("\"code\":0"), std::string::npos);
}

TEST(ReceiverTls, resets_a_connection_without_a_goodbye) {
  const Certificate certificate;
  ReceiverOptions options = with_tls(certificate);
  options.faults = *FaultPlan::parse("rules: [{reset: after_body}]", "plan");
  Receiver receiver(std::move(options));
  ASSERT_TRUE(receiver.start().has_value());
  TlsClient client(receiver.port());
  EXPECT_EQ(client.exchange(post_request("{\"event\":1}")), "");
  EXPECT_EQ(client.read_error(), ECONNRESET);
  EXPECT_EQ(receiver.counts().resets, 1u);
}

TEST(ReceiverTls, says_what_is_wrong_with_its_files) {
  const Certificate certificate;
  ReceiverOptions options = with_tls(certificate);
  options.http.tls_key_file.clear();
  EXPECT_EQ(Receiver(std::move(options)).start().error().code, Errc::usage);
  options = with_tls(certificate);
  options.http.tls_cert_file = "/nonexistent.crt";
  const Status started = Receiver(std::move(options)).start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message.find("/nonexistent.crt"), std::string::npos);
}

}  // namespace
}  // namespace hecate::receive
