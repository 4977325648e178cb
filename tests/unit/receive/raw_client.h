// raw_client: an HTTP client of a few lines, for what a polite library would hide.
//
// It sends the bytes it is told to, one socket per object, and tells a reset from an end.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace hecate::receive {

struct RawAnswer {
  enum class End { whole, cut, closed, reset };
  int status = 0;
  std::string head;
  std::string body;
  End end = End::closed;  ///< whole: exactly Content-Length bytes came
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval timeout{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  /// False when the other side went away meanwhile.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  RawAnswer receive() {
    RawAnswer answer;
    size_t head_end = 0;
    while ((head_end = pending_.find("\r\n\r\n")) == std::string::npos)
      if (!more(answer)) return answer;
    answer.head = pending_.substr(0, head_end + 4);
    pending_.erase(0, head_end + 4);
    answer.status = std::atoi(answer.head.c_str() + answer.head.find(' '));
    const size_t at = answer.head.find("Content-Length: ");
    const size_t length =
        at == std::string::npos ? 0 : std::strtoull(answer.head.c_str() + at + 16, nullptr, 10);
    while (pending_.size() < length) {
      if (more(answer)) continue;
      answer.body = pending_;
      if (answer.end == RawAnswer::End::closed) answer.end = RawAnswer::End::cut;
      return answer;
    }
    answer.body = pending_.substr(0, length);
    pending_.erase(0, length);
    answer.end = RawAnswer::End::whole;
    return answer;
  }

  RawAnswer exchange(std::string_view request) {
    send(request);
    return receive();
  }

 private:
  bool more(RawAnswer& answer) {
    char bytes[16 * 1024];
    const ssize_t count = recv(fd_, bytes, sizeof bytes, 0);
    if (count > 0) pending_.append(bytes, static_cast<size_t>(count));
    if (count == 0) answer.end = RawAnswer::End::closed;
    if (count < 0 && errno == ECONNRESET) answer.end = RawAnswer::End::reset;
    return count > 0;
  }

  int fd_;
  bool connected_ = false;
  std::string pending_;
};

inline std::string post_request(std::string_view body, std::string_view more_headers = "",
                                std::string_view path = "/services/collector/event") {
  std::string request = "POST ";
  request += path;
  request += " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\nAuthorization: Splunk T\r\n";
  request += more_headers;
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  request += body;
  return request;
}

}  // namespace hecate::receive
