#include "receive/http_server.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "receive/transport.h"

namespace hecate::receive {

namespace {

constexpr size_t read_bytes = 256 * 1024;
constexpr size_t body_bytes_reserved_max = 16 * 1024 * 1024;
constexpr int listen_backlog = 512;
// Only what the Keep-Alive header announces: a connection is in truth never ended for its age.
constexpr size_t requests_announced_max = 1'000'000;

// What the library reads and writes through. Reads come in large pieces. An answer is collected
// and sent whole: sent as the library does it, head and body apart, it would take two packets and
// could not be cut or withdrawn.
class BufferedStream final : public httplib::Stream {
 public:
  explicit BufferedStream(Transport& transport)
      : transport_(transport), in_(std::make_unique_for_overwrite<char[]>(read_bytes)) {}

  bool is_readable() const override { return in_at_ < in_end_ || transport_.wait_readable(0); }
  bool is_writable() const override { return true; }

  ssize_t read(char* out, size_t size) override {
    if (in_at_ == in_end_) {
      // The peer may wait for something we said, such as 100 Continue.
      if (!flush()) return -1;
      const ssize_t count = transport_.read(in_.get(), read_bytes);
      if (count <= 0) return count;
      in_at_ = 0;
      in_end_ = static_cast<size_t>(count);
    }
    const size_t count = std::min(size, in_end_ - in_at_);
    std::memcpy(out, in_.get() + in_at_, count);
    in_at_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* bytes, size_t size) override {
    out_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    get_remote_ip_and_port(ip, port);
  }
  socket_t socket() const override { return transport_.fd(); }

  bool has_input() const { return in_at_ < in_end_; }

  bool flush() {
    const bool written = transport_.write(out_);
    out_.clear();
    return written;
  }

  // Keeps the head of the collected answer and `bytes` of its body.
  void cut_body(size_t bytes) {
    const size_t head = out_.find("\r\n\r\n");
    if (head != std::string::npos) out_.resize(std::min(out_.size(), head + 4 + bytes));
  }

 private:
  Transport& transport_;
  std::unique_ptr<char[]> in_;
  size_t in_at_ = 0;
  size_t in_end_ = 0;
  std::string out_;
};

class Exchange final : public HttpExchange {
 public:
  // The request is taken over before the library looks at it: headers that would make it unpack,
  // take apart or compress bodies are removed. All of that is the protocol's business.
  explicit Exchange(httplib::Request& request) : request_(request) {
    head_.method = request.method;
    const size_t mark = request.target.find('?');
    head_.path = request.target.substr(0, mark);
    if (mark != std::string::npos) head_.query = request.target.substr(mark + 1);
    head_.authorization = request.get_header_value("Authorization");
    head_.channel = request.get_header_value("X-Splunk-Request-Channel");
    head_.content_encoding = request.get_header_value("Content-Encoding");
    for (const char* name : {"Content-Encoding", "Content-Type", "Accept-Encoding", "Range"})
      request.headers.erase(name);
    request.ranges.clear();
  }

  const HttpHead& head() const override { return head_; }

  BodyRead read_body(size_t bytes_max, PaddedBytes& body) override {
    body.clear();
    const bool chunked = request_.has_header("Transfer-Encoding");
    if (!chunked && !request_.has_header("Content-Length")) return BodyRead::whole;
    // A GET may carry one, which means nothing; run() then ends the connection.
    if (reader_ == nullptr) return BodyRead::whole;
    if (!chunked) {
      const auto length = request_.get_header_value<uint64_t>("Content-Length");
      if (length > bytes_max) return unread(BodyRead::too_large);
      body.reserve(std::min<size_t>(length, body_bytes_reserved_max));
    }
    bool too_large = false;
    const bool whole = (*reader_)([&](const char* bytes, size_t size) {
      too_large = size > bytes_max - body.size();
      if (!too_large) body.append({bytes, size});
      return !too_large;
    });
    body_read_ = whole;
    if (whole) return BodyRead::whole;
    return unread(too_large ? BodyRead::too_large : BodyRead::broken);
  }

  void answer(HecAnswer answer) override { answer_ = std::move(answer); }
  void cut_body(size_t bytes) override { cut_body_ = bytes; }
  void reset() override { reset_ = true; }

  // Runs the handler, and puts what it decided into the library's response.
  void run(const HttpServer::Handler& handler, httplib::Response& response,
           const httplib::ContentReader* reader) {
    reader_ = reader;
    handler(*this);
    const bool body_waits =
        request_.has_header("Content-Length") || request_.has_header("Transfer-Encoding");
    if (body_waits && !body_read_) ends_ = true;
    if (ends_ || cut_body_) request_.set_header("Connection", "close");
    response.status = answer_.status;
    response.body = std::move(answer_.body);
    response.headers.clear();
    response.set_header("Server", "Splunkd");
    response.set_header("Vary", "Authorization");
    response.set_header("Content-Type", answer_.content_type);
    for (const auto& [name, value] : answer_.headers) response.set_header(name, value);
  }

  bool wants_reset() const { return reset_; }
  bool ends() const { return ends_ || cut_body_.has_value(); }
  std::optional<size_t> cut() const { return cut_body_; }

 private:
  BodyRead unread(BodyRead verdict) {
    ends_ = true;
    return verdict;
  }

  httplib::Request& request_;
  const httplib::ContentReader* reader_ = nullptr;
  HttpHead head_;
  HecAnswer answer_;
  std::optional<size_t> cut_body_;
  bool body_read_ = false;
  bool reset_ = false;
  bool ends_ = false;
};

}  // namespace

class HttpServer::Impl final : public httplib::Server {
 public:
  Impl(HttpServerOptions options, HttpServer::Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {
    set_payload_max_length(SIZE_MAX);
    set_keep_alive_max_count(requests_announced_max);
    set_keep_alive_timeout(options_.idle_ms_max / 1000);
    // Without the library's SO_REUSEPORT, which lets two servers share a port unnoticed.
    set_socket_options([](socket_t fd) {
      const int on = 1;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    new_task_queue = [threads = options_.connections_max] {
      return new httplib::ThreadPool(threads);
    };
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      if (has_body(request)) return HandlerResponse::Unhandled;
      run(request, response, nullptr);
      return HandlerResponse::Handled;
    });
    const HandlerWithContentReader with_body =
        [this](const httplib::Request& request, httplib::Response& response,
               const httplib::ContentReader& reader) { run(request, response, &reader); };
    Post(".*", with_body);
    Put(".*", with_body);
    Patch(".*", with_body);
  }

  ~Impl() override { stop_all(); }

  Status start() {
    if (options_.tls_cert_file.empty() != options_.tls_key_file.empty())
      return fail(Errc::usage, "TLS needs both: --tls-cert and --tls-key");
    if (!options_.tls_cert_file.empty()) {
      Result<TlsContext> tls = TlsContext::load(options_.tls_cert_file, options_.tls_key_file);
      if (!tls) return fail(std::move(tls.error()));
      tls_ = std::move(*tls);
    }
    errno = 0;
    const int port = options_.port == 0 ? bind_to_any_port(options_.address)
                     : bind_to_port(options_.address, options_.port) ? options_.port
                                                                     : -1;
    if (port <= 0)
      return fail(Errc::usage, fmt::format("cannot listen on {}:{}: {}; choose another --listen",
                                           options_.address, options_.port,
                                           errno != 0 ? std::generic_category().message(errno)
                                                      : "no such address"));
    port_ = static_cast<uint16_t>(port);
    ::listen(svr_sock_, listen_backlog);
    thread_ = std::thread([this] { listen_after_bind(); });
    while (!is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }

  void stop_all() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const Transport* transport : open_) transport->interrupt();
    }
    stop();
    thread_.join();
  }

  uint16_t port() const noexcept { return port_; }
  uint64_t connections() const noexcept { return connections_; }

 private:
  // The methods for which the library offers a body.
  static bool has_body(const httplib::Request& request) {
    return request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  }

  // Called by the library on a thread of its pool for each accepted connection.
  bool process_and_close_socket(socket_t fd) override {
    Transport transport(fd, tls_ ? &*tls_ : nullptr);
    ++connections_;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return true;
      open_.insert(&transport);
    }
    if (transport.handshake()) serve(transport);
    // From here on stop_all() must not touch the descriptor: it may soon belong to another.
    const std::lock_guard lock(mutex_);
    open_.erase(&transport);
    return true;
  }

  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void serve(Transport& transport) {
    BufferedStream stream(transport);
    while (!stopping() && (stream.has_input() || transport.wait_readable(options_.idle_ms_max))) {
      std::optional<Exchange> exchange;
      const httplib::Request* key = nullptr;
      bool closed = false;
      const bool answered = process_request(stream, false, closed, [&](httplib::Request& request) {
        exchange.emplace(request);
        key = &request;
        const std::lock_guard lock(mutex_);
        exchanges_[key] = &*exchange;
      });
      if (key != nullptr) {
        const std::lock_guard lock(mutex_);
        exchanges_.erase(key);
      }
      if (exchange && exchange->wants_reset()) return reset(transport);
      if (exchange && exchange->cut()) stream.cut_body(*exchange->cut());
      const bool sent = stream.flush();
      const bool ends = exchange && exchange->ends();
      if (!answered || !sent || closed || ends) return transport.finish(ends);
    }
    transport.finish(false);
  }

  // The set of open connections forgets it first, since a reset gives the descriptor back.
  void reset(Transport& transport) {
    const std::lock_guard lock(mutex_);
    open_.erase(&transport);
    transport.reset();
  }

  // The library hands a handler the request but not the connection it came in on. The one thing
  // both sides know is where the request lies in memory.
  void run(const httplib::Request& request, httplib::Response& response,
           const httplib::ContentReader* reader) {
    Exchange* exchange = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = exchanges_.find(&request); found != exchanges_.end())
        exchange = found->second;
    }
    if (exchange != nullptr) exchange->run(handler_, response, reader);
  }

  HttpServerOptions options_;
  HttpServer::Handler handler_;
  std::optional<TlsContext> tls_;
  uint16_t port_ = 0;
  std::atomic<uint64_t> connections_ = 0;
  std::thread thread_;

  std::mutex mutex_;
  bool stopping_ = false;
  std::set<const Transport*> open_;
  std::map<const httplib::Request*, Exchange*> exchanges_;
};

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {
}
HttpServer::~HttpServer() = default;

Status HttpServer::start() {
  return impl_->start();
}
void HttpServer::stop() {
  impl_->stop_all();
}
uint16_t HttpServer::port() const noexcept {
  return impl_->port();
}
uint64_t HttpServer::connections() const noexcept {
  return impl_->connections();
}

}  // namespace hecate::receive
