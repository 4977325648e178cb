// transport: one accepted connection, plain or TLS, with the ways of ending it that a test needs.
//
// Reading and writing block, with a time limit each. A connection can be closed so that the peer
// still reads the last answer, or reset (RST) so that it learns nothing. A Transport is used by the
// thread that serves it; only interrupt() may come from another one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "pipeline/result.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace hecate::receive {

/// The certificate and key that connections are greeted with.
class TlsContext {
 public:
  static Result<TlsContext> load(const std::string& cert_file, const std::string& key_file);

  SSL_CTX* get() const noexcept { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const noexcept;
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  std::unique_ptr<SSL_CTX, Free> context_;
};

class Transport {
 public:
  /// Owns `fd`. `tls` may be nullptr and must outlive the connection.
  Transport(int fd, const TlsContext* tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// The TLS handshake; true at once without TLS.
  bool handshake();

  /// At least one byte; 0 at the end; -1 after an error or when nothing came for a while.
  ssize_t read(char* out, size_t size);
  bool write(std::string_view bytes);

  /// True when a request may be read; false when the peer is gone or nothing came in time.
  bool wait_readable(int timeout_ms) const;

  /// Says goodbye and then reads what still comes, for a while, so that closing with unread bytes
  /// does not turn into a reset that destroys the last answer on its way.
  void finish(bool drain);

  /// The peer gets a reset instead of an end.
  void reset();

  /// Makes the thread that reads see the end of the connection.
  void interrupt() const noexcept;

  int fd() const noexcept { return fd_; }

 private:
  void close_fd();

  struct Free {
    void operator()(SSL* session) const noexcept;
  };
  int fd_;
  std::unique_ptr<SSL, Free> session_;
};

}  // namespace hecate::receive
