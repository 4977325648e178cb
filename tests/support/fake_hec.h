// fake_hec: a HEC receiver in memory, as Splunk behaves.
//
// It reads bodies event by event, keeps what comes before the first bad event, and numbers that
// event with the base of its code. Everything a test may want to be different is a public member;
// set members before the sink starts. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/io.h"
#include "tests/support/fake_transport.h"
#include "tests/support/gunzip.h"

namespace hecate {

class FakeHec {
 public:
  /// Answers instead of the receiver, before it sees the request; nothing: let it answer.
  using Before = std::function<std::optional<Result<HttpAnswer>>(const HttpRequest&, int post)>;
  /// Replaces the answer on its way back.
  using After = std::function<Result<HttpAnswer>(HttpAnswer, int post)>;

  Before before;
  After after;
  int poison_code = 6;        ///< for events that contain "poison"
  bool keeps_head = true;     ///< else: all or nothing
  bool names_culprit = true;  ///< else: no invalid-event-number
  bool takes_gzip = true;
  bool as_cloud = false;  ///< oversize bodies are "invalid data, event 0"
  bool acks = false;
  std::size_t body_bytes_max = 1 << 30;
  std::set<std::string> tokens = {"good"};

  [[nodiscard]] std::unique_ptr<HttpTransport> transport() {
    return std::make_unique<FakeTransport>(
        [this](const HttpRequest& request) { return take(request); });
  }

  /// Events kept, in order of arrival.
  [[nodiscard]] std::vector<std::string> events() const {
    const std::scoped_lock lock(mutex_);
    return events_;
  }
  [[nodiscard]] std::map<std::string, int> event_counts() const {
    std::map<std::string, int> counts;
    for (const std::string& event : events()) ++counts[event];
    return counts;
  }
  [[nodiscard]] int posts() const {
    const std::scoped_lock lock(mutex_);
    return posts_;
  }
  [[nodiscard]] std::size_t body_bytes() const {
    const std::scoped_lock lock(mutex_);
    return body_bytes_;
  }
  [[nodiscard]] std::set<std::string> channels() const {
    const std::scoped_lock lock(mutex_);
    std::set<std::string> names;
    for (const auto& [name, channel] : channels_) names.insert(name);
    return names;
  }
  /// Acknowledges everything posted so far, or from now on at once.
  void index_all() {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, channel] : channels_) {
      for (auto& [id, indexed] : channel.acks) indexed = true;
    }
  }
  void index_at_once(bool on) {
    const std::scoped_lock lock(mutex_);
    index_at_once_ = on;
  }
  /// Forgets channels and numbers, as a restart does.
  void restart() {
    const std::scoped_lock lock(mutex_);
    channels_.clear();
  }

 private:
  struct Channel {
    std::uint64_t next_id = 0;
    std::map<std::uint64_t, bool> acks;
  };

  Result<HttpAnswer> take(const HttpRequest& request) {
    const bool is_poll = request.url.ends_with("/ack");
    int post = 0;
    {
      const std::scoped_lock lock(mutex_);
      post = is_poll ? -1 : posts_++;
      if (!is_poll) body_bytes_ += request.body.size();
    }
    if (before) {
      if (auto answer = before(request, post)) return *std::move(answer);
    }
    HttpAnswer answer = [&] {
      const std::scoped_lock lock(mutex_);
      return is_poll ? answer_poll(request) : answer_post(request);
    }();
    if (after) return after(std::move(answer), post);
    return answer;
  }

  [[nodiscard]] std::optional<HttpAnswer> refuse(const HttpRequest& request) const {
    const std::string_view authorization = header_of(request, "Authorization");
    if (!authorization.starts_with("Splunk ") ||
        !tokens.contains(std::string(authorization.substr(7)))) {
      return answer_of(403, R"({"text":"Invalid token","code":4})");
    }
    if (acks && header_of(request, "X-Splunk-Request-Channel").size() != 36) {
      return answer_of(400, R"({"text":"Data channel is missing","code":10})");
    }
    return std::nullopt;
  }

  HttpAnswer answer_post(const HttpRequest& request) {
    if (auto refusal = refuse(request)) return *refusal;
    std::string body(request.body);
    if (header_of(request, "Content-Encoding") == "gzip") {
      if (!takes_gzip) return answer_of(415, "<!doctype html><title>415</title>");
      std::optional<std::string> plain = gunzip(body);
      if (!plain) return answer_of(400, R"({"text":"Invalid data format","code":6})");
      body = std::move(*plain);
    }
    if (body.size() > body_bytes_max) {
      return as_cloud ? refusal_of(6, 0) : answer_of(413, "<!doctype html><title>413</title>");
    }
    std::vector<std::string> taken;
    std::size_t begin = 0;
    while (begin < body.size()) {
      const std::size_t end = body.find('\n', begin);
      std::string event = body.substr(begin, end - begin);
      if (event.find("poison") != std::string::npos) {
        const std::size_t number = taken.size() + (poison_code == 7 ? 1 : 0);
        if (keeps_head) keep(taken);
        return refusal_of(poison_code, number);
      }
      taken.push_back(std::move(event));
      begin = end + 1;
    }
    if (taken.empty()) return answer_of(400, R"({"text":"No data","code":5})");
    keep(taken);
    if (!acks) return answer_of(200, R"({"text":"Success","code":0})");
    Channel& channel = channels_[std::string(header_of(request, "X-Splunk-Request-Channel"))];
    const std::uint64_t id = channel.next_id++;
    channel.acks[id] = index_at_once_;
    return answer_of(200, R"({"text":"Success","code":0,"ackId":)" + std::to_string(id) + "}");
  }

  /// True is said once; unknown numbers are false.
  HttpAnswer answer_poll(const HttpRequest& request) {
    if (auto refusal = refuse(request)) return *refusal;
    if (!acks) return answer_of(400, R"({"text":"ACK is disabled","code":14})");
    Channel& channel = channels_[std::string(header_of(request, "X-Splunk-Request-Channel"))];
    std::string answer = "{\"acks\":{";
    std::string_view rest = request.body;
    for (std::size_t at = rest.find_first_of("0123456789"); at != std::string_view::npos;
         at = rest.find_first_of("0123456789")) {
      rest.remove_prefix(at);
      const std::uint64_t id = std::stoull(std::string(rest));
      rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("0123456789")));
      const auto known = channel.acks.find(id);
      const bool indexed = known != channel.acks.end() && known->second;
      if (indexed) channel.acks.erase(known);
      if (answer.back() != '{') answer += ',';
      answer += '"' + std::to_string(id) + "\":" + (indexed ? "true" : "false");
    }
    return answer_of(200, answer + "}}");
  }

  [[nodiscard]] HttpAnswer refusal_of(int code, std::size_t number) const {
    std::string body = R"({"text":"refused","code":)" + std::to_string(code);
    if (names_culprit) body += R"(,"invalid-event-number":)" + std::to_string(number);
    return answer_of(400, body + "}");
  }
  void keep(const std::vector<std::string>& taken) {
    events_.insert(events_.end(), taken.begin(), taken.end());
  }

  mutable std::mutex mutex_;
  std::vector<std::string> events_;
  std::map<std::string, Channel> channels_;
  int posts_ = 0;
  std::size_t body_bytes_ = 0;
  bool index_at_once_ = true;
};

}  // namespace hecate
