#include "receive/transport.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace hecate::receive {

namespace {

constexpr int io_timeout_s = 120;
constexpr int drain_timeout_ms = 200;
constexpr size_t drain_bytes_max = 64 * 1024 * 1024;

std::string tls_error() {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const noexcept {
  SSL_CTX_free(context);
}

Result<TlsContext> TlsContext::load(const std::string& cert_file, const std::string& key_file) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (context.get() == nullptr) return fail(Errc::internal, "TLS: " + tls_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_AUTO_RETRY);
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) != 1)
    return fail(Errc::usage, fmt::format("{}: no usable TLS certificate in PEM form: {}", cert_file,
                                         tls_error()));
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Errc::usage, fmt::format("{}: no TLS key in PEM form that fits {}: {}", key_file,
                                         cert_file, tls_error()));
  return context;
}

void Transport::Free::operator()(SSL* session) const noexcept {
  SSL_free(session);
}

Transport::Transport(int fd, const TlsContext* tls) : fd_(fd) {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval timeout{.tv_sec = io_timeout_s, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (tls == nullptr) return;
  session_.reset(SSL_new(tls->get()));
  if (session_) SSL_set_fd(session_.get(), fd_);
}

Transport::~Transport() {
  close_fd();
}

void Transport::close_fd() {
  session_.reset();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

bool Transport::handshake() {
  if (!session_) return true;
  const bool done = SSL_accept(session_.get()) == 1;
  ERR_clear_error();
  return done;
}

ssize_t Transport::read(char* out, size_t size) {
  if (session_) {
    const int count =
        SSL_read(session_.get(), out, static_cast<int>(std::min<size_t>(size, INT_MAX)));
    if (count > 0) return count;
    const bool over = SSL_get_error(session_.get(), count) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return over ? 0 : -1;
  }
  ssize_t count = 0;
  do count = recv(fd_, out, size, 0);
  while (count < 0 && errno == EINTR);
  return count;
}

bool Transport::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = 0;
    if (session_) {
      count = SSL_write(session_.get(), bytes.data(),
                        static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX)));
      ERR_clear_error();
    } else {
      do count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      while (count < 0 && errno == EINTR);
    }
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool Transport::wait_readable(int timeout_ms) const {
  if (session_ && SSL_pending(session_.get()) > 0) return true;
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  int ready = 0;
  do ready = poll(&entry, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

void Transport::finish(bool drain) {
  if (session_) {
    SSL_shutdown(session_.get());
    ERR_clear_error();
  }
  shutdown(fd_, SHUT_WR);
  char waste[16 * 1024];
  for (size_t drained = 0; drain && drained < drain_bytes_max;) {
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&entry, 1, drain_timeout_ms) <= 0) break;
    const ssize_t count = recv(fd_, waste, sizeof waste, 0);
    if (count <= 0) break;
    drained += static_cast<size_t>(count);
  }
}

// A linger time of zero makes close() drop what is queued and send a reset. Freeing the TLS session
// afterwards writes nothing, so no orderly TLS goodbye can slip out before it.
void Transport::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close_fd();
}

void Transport::interrupt() const noexcept {
  shutdown(fd_, SHUT_RD);
}

}  // namespace hecate::receive
