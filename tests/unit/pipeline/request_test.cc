// Requests and their pool: a fixed number, reused, and a wait when none is left.
#include "pipeline/request.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace hecate {
namespace {

/// Gives other threads time to reach their wait. Too little of it hides a fault, never makes one.
void let_threads_block() {
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
}

TEST(Request, knows_the_bytes_of_each_event) {
  Request request;
  request.body.append("{\"a\":1}\n{\"b\":22}\n");
  request.events = {{8, 0, 0}, {17, 0, 1}};
  EXPECT_EQ(request.event_bytes(0), "{\"a\":1}\n");
  EXPECT_EQ(request.event_bytes(1), "{\"b\":22}\n");
}

TEST(RequestPool, gives_each_request_once_and_takes_it_back_empty) {
  RequestPool pool(3, 1000);
  EXPECT_EQ(pool.count(), 3u);
  std::vector<std::unique_ptr<Request>> taken;
  std::set<Request*> known;
  for (int i = 0; i < 3; ++i) {
    taken.push_back(pool.take());
    EXPECT_GE(taken.back()->body.capacity(), 1000u);
    taken.back()->body.append("text");
    taken.back()->events.push_back({4, 0, 0});
    taken.back()->segments.push_back({});
    taken.back()->sequence = 7;
    known.insert(taken.back().get());
  }
  EXPECT_EQ(known.size(), 3u);
  for (auto& request : taken) pool.give_back(std::move(request));
  const std::unique_ptr<Request> again = pool.take();
  EXPECT_EQ(known.count(again.get()), 1u);
  EXPECT_TRUE(again->body.empty());
  EXPECT_TRUE(again->events.empty());
  EXPECT_TRUE(again->segments.empty());
  EXPECT_EQ(again->sequence, 0u);
}

TEST(RequestPool, makes_a_taker_wait_until_a_request_comes_back) {
  RequestPool pool(1, 10);
  std::unique_ptr<Request> held = pool.take();
  std::atomic<bool> returned{false};
  bool waited_for_it = false;
  std::thread taker([&] {
    const std::unique_ptr<Request> request = pool.take();
    waited_for_it = request != nullptr && returned.load();
  });
  let_threads_block();
  returned = true;
  pool.give_back(std::move(held));
  taker.join();
  EXPECT_TRUE(waited_for_it);
}

TEST(RequestPool, wakes_those_who_wait_when_it_closes) {
  RequestPool pool(1, 10);
  std::unique_ptr<Request> held = pool.take();
  std::vector<std::thread> takers;
  std::atomic<int> empty_handed{0};
  for (int i = 0; i < 3; ++i) {
    takers.emplace_back([&] {
      if (pool.take() == nullptr) ++empty_handed;
    });
  }
  let_threads_block();
  pool.close();
  for (std::thread& taker : takers) taker.join();
  EXPECT_EQ(empty_handed.load(), 3);
  pool.give_back(std::move(held));
  EXPECT_EQ(pool.take(), nullptr) << "a closed pool gives nothing, even when it has some";
}

TEST(RequestPool, never_lets_more_requests_out_than_it_has) {
  RequestPool pool(4, 10);
  std::atomic<int> out{0};
  std::atomic<int> most{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        std::unique_ptr<Request> request = pool.take();
        const int now = ++out;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --out;
        pool.give_back(std::move(request));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_LE(most.load(), 4);
  EXPECT_EQ(out.load(), 0);
}

TEST(RequestPoolDeathTest, refuses_more_requests_than_it_gave) {
  RequestPool pool(1, 10);
  EXPECT_DEATH(pool.give_back(std::make_unique<Request>()), "gets back no more requests");
}

}  // namespace
}  // namespace hecate
