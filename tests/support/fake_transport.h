// fake_transport: an HttpTransport whose other side is a function.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/io.h"

namespace hecate {

class FakeTransport : public HttpTransport {
 public:
  using Answer = std::function<Result<HttpAnswer>(const HttpRequest&)>;
  explicit FakeTransport(Answer answer) : answer_(std::move(answer)) {}
  Result<HttpAnswer> send(const HttpRequest& request) override {
    Result<HttpAnswer> answer = answer_(request);
    if (answer) answer->connection_reused = std::exchange(used_, true);
    return answer;
  }

 private:
  Answer answer_;
  bool used_ = false;
};

/// The value of a header of `request`; empty when it is not there.
inline std::string_view header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

inline HttpAnswer answer_of(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.content_type = "application/json; charset=UTF-8";
  return answer;
}

}  // namespace hecate
