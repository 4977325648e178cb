// tls_server: a TLS server on this machine with a certificate made for the test.
//
// One connection at a time, one fixed answer for whatever comes; it remembers what came.
#pragma once

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hecate {

/// A key and a certificate that it signed itself, as files.
class TestCertificate {
 public:
  /// `name` as "DNS:localhost" or "IP:127.0.0.1"; valid from `from` to `to` seconds from now.
  explicit TestCertificate(const std::string& name, long from = -3600, long to = 3600) {
    static std::atomic<int> serial{0};
    base_ = std::filesystem::temp_directory_path() /
            ("tls_server_" + std::to_string(::getpid()) + "_" + std::to_string(++serial));
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION* alternative =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
    X509_add_ext(certificate, alternative, -1);
    X509_EXTENSION_free(alternative);
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
  ~TestCertificate() {
    std::filesystem::remove(cert_file());
    std::filesystem::remove(key_file());
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  [[nodiscard]] std::string cert_file() const { return base_ + ".crt"; }
  [[nodiscard]] std::string key_file() const { return base_ + ".key"; }

 private:
  std::string base_;
};

class TlsServer {
 public:
  /// `client_ca`: clients must show a certificate signed by it; empty: they need none.
  /// `version_max`: 0, or the newest protocol version it speaks.
  explicit TlsServer(const TestCertificate& certificate, const std::string& client_ca = "",
                     int version_max = 0)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate_file(context_, certificate.cert_file().c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_, certificate.key_file().c_str(), SSL_FILETYPE_PEM);
    if (version_max != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_, version_max);
    }
    if (!client_ca.empty()) {
      SSL_CTX_load_verify_locations(context_, client_ca.c_str(), nullptr);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 4);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }
  /// Everything received after handshakes.
  [[nodiscard]] std::string received() const {
    const std::scoped_lock lock(mutex_);
    return received_;
  }

 private:
  void serve() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      SSL* session = SSL_new(context_);
      SSL_set_fd(session, fd);
      char chunk[4096];
      int got = 0;
      if (SSL_accept(session) == 1 && (got = SSL_read(session, chunk, sizeof chunk)) > 0) {
        {
          const std::scoped_lock lock(mutex_);
          received_.append(chunk, static_cast<std::size_t>(got));
        }
        const std::string answer =
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{\"code\":0}";
        SSL_write(session, answer.data(), static_cast<int>(answer.size()));
        SSL_shutdown(session);
      }
      SSL_free(session);
      ::close(fd);
    }
  }

  SSL_CTX* context_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string received_;
  std::thread thread_;
};

}  // namespace hecate
