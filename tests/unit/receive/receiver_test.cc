// The receiver on a real loopback socket: connections, files, counters, faults.
#include "receive/receiver.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/unit/receive/hec_fixture.h"
#include "tests/unit/receive/raw_client.h"

namespace hecate::receive {
namespace {

using End = RawAnswer::End;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view success = R"({"text":"Success","code":0})";
constexpr std::string_view one_event = R"({"event":"a"})";

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("hecate_receiver_" + std::to_string(getpid()) + "_" + name))
      .string();
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

ReceiverOptions with_token() {
  ReceiverOptions options;
  options.hec.tokens = {"T"};
  return options;
}

ReceiverOptions with_faults(const std::string& rules) {
  ReceiverOptions options = with_token();
  Result<FaultPlan> plan = FaultPlan::parse("rules:\n" + rules, "plan");
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message);
  if (plan) options.faults = std::move(*plan);
  return options;
}

class Running {
 public:
  explicit Running(ReceiverOptions options) : receiver_(std::move(options)) {
    const Status started = receiver_.start();
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().message);
  }
  Receiver* operator->() { return &receiver_; }
  uint16_t port() const { return receiver_.port(); }

  RawAnswer ask(std::string_view request) const { return RawClient(port()).exchange(request); }

 private:
  Receiver receiver_;
};

TEST(Receiver, answers_many_requests_on_one_connection) {
  Running receiver(with_token());
  RawClient client(receiver.port());
  for (int i = 0; i < 300; ++i) {
    const RawAnswer answer = client.exchange(post_request(one_event));
    ASSERT_EQ(answer.end, End::whole) << i;
    ASSERT_EQ(answer.body, success);
  }
  EXPECT_EQ(receiver->counts().connections, 1u);
  EXPECT_EQ(receiver->counts().events, 300u);
}

TEST(Receiver, looks_like_splunkd) {
  Running receiver(with_token());
  const RawAnswer answer = receiver.ask(post_request(one_event, "Accept-Encoding: gzip, br\r\n"));
  EXPECT_NE(answer.head.find("Server: Splunkd\r\n"), std::string::npos);
  EXPECT_NE(answer.head.find("Vary: Authorization\r\n"), std::string::npos);
  EXPECT_NE(answer.head.find("Content-Type: application/json; charset=UTF-8\r\n"),
            std::string::npos);
  EXPECT_EQ(answer.body, success);
}

TEST(Receiver, answers_pipelined_requests_in_order) {
  Running receiver(with_token());
  RawClient client(receiver.port());
  client.send(post_request(one_event) + post_request("") + post_request(one_event));
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().body, R"({"text":"No data","code":5})");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Receiver, takes_chunked_gzipped_and_awkwardly_labelled_bodies) {
  Running receiver(with_token());
  RawClient client(receiver.port());
  const std::string head = "POST /services/collector HTTP/1.1\r\nAuthorization: Splunk T\r\n";
  EXPECT_EQ(client
                .exchange(head + "Transfer-Encoding: chunked\r\n\r\n"
                                 "7\r\n{\"event\r\n6\r\n\":\"a\"}\r\n0\r\n\r\n")
                .body,
            success);
  EXPECT_EQ(client.exchange(post_request(gzip(one_event), "Content-Encoding: gzip\r\n")).body,
            success);
  for (const char* type :
       {"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"})
    EXPECT_EQ(
        client.exchange(post_request(one_event, std::string("Content-Type: ") + type + "\r\n"))
            .body,
        success)
        << type;
  EXPECT_EQ(client.exchange(head + "\r\n").body, R"({"text":"No data","code":5})");
  EXPECT_EQ(receiver->counts().events, 5u);
  EXPECT_EQ(receiver->counts().connections, 1u);
}

TEST(Receiver, never_compresses_an_answer) {
  Running receiver(with_token());
  const RawAnswer answer =
      receiver.ask("GET /counts HTTP/1.1\r\nAccept-Encoding: gzip, br\r\n\r\n");
  EXPECT_TRUE(answer.body.starts_with("{\"requests\":0,"));
}

TEST(Receiver, never_takes_an_unread_body_for_a_request) {
  Running receiver(with_token());
  RawClient client(receiver.port());
  const std::string request = post_request(post_request(one_event));
  const RawAnswer answer = client.exchange("GET" + request.substr(4));
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(client.receive().end, End::closed);
  EXPECT_EQ(receiver->counts().requests, 1u);
}

TEST(Receiver, says_100_continue_when_asked) {
  Running receiver(with_token());
  RawClient client(receiver.port());
  const std::string request = post_request(one_event, "Expect: 100-continue\r\n");
  client.send(request.substr(0, request.size() - one_event.size()));
  EXPECT_EQ(client.receive().status, 100);
  EXPECT_EQ(client.exchange(one_event).body, success);
}

TEST(Receiver, refuses_a_large_body_in_html_without_reading_it) {
  ReceiverOptions options = with_token();
  options.hec.body_bytes_max = 1000;
  Running receiver(std::move(options));
  const std::string large(5'000'000, ' ');
  const RawAnswer answer = receiver.ask(post_request(large));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.end, End::whole);
  EXPECT_NE(answer.head.find("Content-Type: text/html"), std::string::npos);
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  const RawAnswer chunked = receiver.ask(
      "POST /services/collector HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
      std::string(1001, ' ') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.status, 413);
  EXPECT_EQ(receiver->counts().statuses[413], 2u);
  EXPECT_EQ(receiver.ask(post_request(std::string(987, ' ') + std::string(one_event))).status, 200);
}

TEST(Receiver, counts_a_body_that_ends_early_and_keeps_nothing_of_it) {
  Running receiver(with_token());
  {
    RawClient client(receiver.port());
    const std::string request = post_request(std::string(one_event) + std::string(one_event));
    client.send(request.substr(0, request.size() - 3));
    shutdown(client.fd(), SHUT_WR);
    client.receive();
  }
  const ReceiverCounts counts = receiver->counts();
  EXPECT_EQ(counts.bodies_broken, 1u);
  EXPECT_EQ(counts.events, 0u);
}

TEST(Receiver, writes_accepted_envelopes_before_it_answers) {
  const std::string out = temporary("out.ndjson");
  std::filesystem::remove(out);
  ReceiverOptions options = with_token();
  options.out_file = out;
  {
    Running receiver(std::move(options));
    RawClient client(receiver.port());
    client.exchange(post_request("{\"event\":\n\"a\"}{\"time\":1,\"event\":\"\xC3\xA4\"}"));
    EXPECT_EQ(content(out), "{\"event\": \"a\"}\n{\"time\":1,\"event\":\"\xC3\xA4\"}\n");
    client.exchange(post_request(R"({"event":"b"}{"event":""}{"event":"c"})"));
    EXPECT_TRUE(content(out).ends_with("\n{\"event\":\"b\"}\n"));
  }
  ReceiverOptions again = with_token();
  again.out_file = out;
  Running receiver(std::move(again));
  receiver.ask(post_request(one_event));
  EXPECT_TRUE(content(out).ends_with("{\"event\":\"b\"}\n{\"event\":\"a\"}\n"));
  std::filesystem::remove(out);
}

TEST(Receiver, does_not_accept_what_it_cannot_write) {
  ReceiverOptions options = with_token();
  options.out_file = "/dev/full";
  Running receiver(std::move(options));
  EXPECT_EQ(receiver.ask(post_request(one_event)).body,
            R"({"text":"Internal server error","code":8})");
  EXPECT_EQ(receiver->counts().write_errors, 1u);
  EXPECT_EQ(receiver->counts().events, 0u);
}

TEST(Receiver, says_which_output_cannot_be_opened_and_which_port_is_taken) {
  ReceiverOptions options = with_token();
  options.out_file = "/nonexistent/out.ndjson";
  Receiver unwritable(std::move(options));
  const Status unwritten = unwritable.start();
  ASSERT_FALSE(unwritten.has_value());
  EXPECT_NE(unwritten.error().message.find("/nonexistent/out.ndjson"), std::string::npos);

  Running first(with_token());
  ReceiverOptions same = with_token();
  same.http.port = first.port();
  Receiver second(std::move(same));
  const Status taken = second.start();
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, Errc::usage);
  EXPECT_NE(taken.error().message.find(std::to_string(first.port())), std::string::npos);
}

TEST(Receiver, counts_in_json) {
  ReceiverOptions options = with_faults("  - {name: 'r\"1', requests: 5, status: 503}");
  options.track_ids = true;
  Running receiver(std::move(options));
  RawClient client(receiver.port());
  const std::string twice = R"({"event":"a","fields":{"event_id":"i"}})";
  client.exchange(post_request(twice + twice));
  client.exchange(post_request(twice));
  client.exchange(post_request(R"({"event":"a"}{"event":""})"));
  client.exchange(post_request(R"({"odd":1})"));
  client.exchange(post_request(one_event));
  const std::string body = client.exchange("GET /counts HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
  EXPECT_EQ(body,
            R"({"requests":5,"events":4,"bytes":164,"bytes_uncompressed":151,)"
            R"("statuses":{"200":3,"400":1,"503":1},"codes":{"0":3,"9":1,"13":1},)"
            R"("duplicates":2,"unique_ids":1,"ids_overflow":false,"acks_issued":0,)"
            R"("acks_confirmed":0,"stopped_early":1,"resets":0,"bodies_broken":0,)"
            R"("write_errors":0,"connections":1,"faults":[{"name":"r\"1","seen":5,"fired":1}]})");
}

TEST(Receiver, serves_64_connections_at_once) {
  Running receiver(with_token());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<RawClient>(receiver.port()));
    ASSERT_TRUE(clients.back()->connected());
  }
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) ASSERT_TRUE(client->send(post_request(one_event)));
    for (auto& client : clients) ASSERT_EQ(client->receive().body, success);
  }
  EXPECT_EQ(receiver->counts().connections, 64u);
  EXPECT_EQ(receiver->counts().events, 192u);
}

TEST(Receiver, counts_exactly_under_concurrent_load) {
  const std::string out = temporary("load.ndjson");
  std::filesystem::remove(out);
  ReceiverOptions options = with_token();
  options.out_file = out;
  options.track_ids = true;
  Running receiver(std::move(options));
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&receiver, t] {
      RawClient client(receiver.port());
      for (int r = 0; r < 20; ++r) {
        std::string body;
        for (int e = 0; e < 50; ++e)
          body += R"({"event":"x","fields":{"event_id":")" + std::to_string((t * 20 + r) * 50 + e) +
                  R"("}})";
        EXPECT_EQ(client.exchange(post_request(body)).body, success);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const ReceiverCounts counts = receiver->counts();
  EXPECT_EQ(counts.events, 8000u);
  EXPECT_EQ(counts.unique_ids, 8000u);
  EXPECT_EQ(counts.duplicates, 0u);
  const std::string lines = content(out);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 8000);
  std::filesystem::remove(out);
}

TEST(Receiver, stops_at_once_although_clients_are_connected) {
  Running receiver(with_faults("  - {requests: 2, delay_ms: 60000}"));
  RawClient idle(receiver.port());
  ASSERT_EQ(idle.exchange(post_request(one_event)).status, 200);
  RawClient waiting(receiver.port());
  waiting.send(post_request(one_event));
  RawClient silent(receiver.port());
  while (receiver->counts().requests < 2) std::this_thread::sleep_for(milliseconds(1));
  const auto begin = steady_clock::now();
  receiver->stop();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(waiting.receive().body, success);
  EXPECT_EQ(idle.receive().end, End::closed);
  EXPECT_FALSE(RawClient(receiver.port()).connected());
}

TEST(ReceiverFaults, resets_before_the_body_was_taken) {
  Running receiver(with_faults("  - {requests: 1, reset: before_body}"));
  RawClient client(receiver.port());
  // Only the head: the reset must not wait for the body.
  const std::string request = post_request(one_event);
  client.send(request.substr(0, request.size() - one_event.size()));
  EXPECT_EQ(client.receive().end, End::reset);
  EXPECT_EQ(receiver.ask(post_request(one_event)).body, success);
  const ReceiverCounts counts = receiver->counts();
  EXPECT_EQ(counts.requests, 2u);
  EXPECT_EQ(counts.events, 1u);
  EXPECT_EQ(counts.resets, 1u);
}

TEST(ReceiverFaults, resets_after_the_body_with_the_events_lost_or_kept) {
  Running receiver(
      with_faults("  - {requests: 1, reset: after_body}\n"
                  "  - {requests: 2, reset: after_body, keep: true}"));
  EXPECT_EQ(receiver.ask(post_request(one_event)).end, End::reset);
  EXPECT_EQ(receiver->counts().events, 0u);
  EXPECT_EQ(receiver.ask(post_request(one_event)).end, End::reset);
  EXPECT_EQ(receiver->counts().events, 1u);
  EXPECT_EQ(receiver->counts().resets, 2u);
  EXPECT_EQ(receiver->counts().requests, 2u);
  EXPECT_TRUE(receiver->counts().statuses.empty());
}

TEST(ReceiverFaults, cuts_the_answer_short) {
  Running receiver(with_faults("  - {requests: 1, cut_body: 5}\n  - {requests: 2, cut_body: 0}"));
  const RawAnswer five = receiver.ask(post_request(one_event));
  EXPECT_EQ(five.status, 200);
  EXPECT_EQ(five.end, End::cut);
  EXPECT_EQ(five.body, success.substr(0, 5));
  const RawAnswer none = receiver.ask(post_request(one_event));
  EXPECT_EQ(none.end, End::cut);
  EXPECT_EQ(none.body, "");
  EXPECT_EQ(receiver->counts().events, 2u);
}

TEST(ReceiverFaults, answers_what_the_plan_says_and_keeps_events_only_when_told) {
  Running receiver(
      with_faults("  - {requests: 1, status: 503, code: 9, retry_after: 2}\n"
                  "  - {requests: 2, status: 503, keep: true}\n"
                  "  - {requests: 3, body: empty}\n"
                  "  - {requests: 4, body: empty, keep: false}\n"
                  "  - {requests: 5, status: 502, body: html}\n"
                  "  - {requests: 6-7, refuse_token: true}"));
  RawClient client(receiver.port());
  const RawAnswer busy = client.exchange(post_request(one_event));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.body, R"({"text":"Server is busy","code":9})");
  EXPECT_NE(busy.head.find("Retry-After: 2\r\n"), std::string::npos);
  EXPECT_EQ(receiver->counts().events, 0u);
  EXPECT_EQ(client.exchange(post_request(one_event)).status, 503);
  EXPECT_EQ(receiver->counts().events, 1u);
  const RawAnswer empty = client.exchange(post_request(one_event));
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, "");
  EXPECT_EQ(receiver->counts().events, 2u);
  EXPECT_EQ(client.exchange(post_request(one_event)).body, "");
  EXPECT_EQ(receiver->counts().events, 2u);
  EXPECT_NE(client.exchange(post_request(one_event)).body.find("<html>"), std::string::npos);
  EXPECT_EQ(client.exchange(post_request(one_event)).status, 403);
  EXPECT_EQ(client.exchange(post_request(one_event)).status, 403);
  EXPECT_EQ(client.exchange(post_request(one_event)).body, success);
  EXPECT_EQ(receiver->counts().connections, 1u);
}

TEST(ReceiverFaults, delays_the_real_answer) {
  Running receiver(with_faults("  - {requests: 1, delay_ms: 80}"));
  const auto begin = steady_clock::now();
  EXPECT_EQ(receiver.ask(post_request(one_event)).body, success);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(80));
  EXPECT_EQ(receiver->counts().events, 1u);
}

TEST(ReceiverFaults, spoils_ack_polls_and_loses_acks) {
  ReceiverOptions options = with_faults(
      "  - {requests: 1, lost_ack: true}\n"
      "  - {path: ack, requests: 1, status: 503}\n"
      "  - {path: ack, requests: 2, cut_body: 3}");
  options.hec.ack = true;
  Running receiver(std::move(options));
  const std::string channel_header =
      "X-Splunk-Request-Channel: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\r\n";
  for (int i = 0; i < 3; ++i) receiver.ask(post_request(one_event, channel_header));
  const auto poll = [&](std::string_view ids) {
    return receiver.ask(post_request("{\"acks\":[" + std::string(ids) + "]}", channel_header,
                                     "/services/collector/ack"));
  };
  EXPECT_EQ(poll("1").status, 503);
  EXPECT_EQ(poll("1").end, End::cut);  // said, and lost on the way
  EXPECT_EQ(poll("0,1,2").body, R"({"acks":{"0":false,"1":false,"2":true}})");
  EXPECT_EQ(receiver->counts().acks_issued, 3u);
  EXPECT_EQ(receiver->counts().acks_confirmed, 2u);
}

}  // namespace
}  // namespace hecate::receive
