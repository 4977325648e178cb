// Acks: counted per channel, told once, bounded.
#include "receive/ack_ledger.h"

#include <gtest/gtest.h>

namespace hecate::receive {
namespace {

std::vector<bool> poll(AckLedger& ledger, std::string_view channel, std::vector<uint64_t> ids,
                       int64_t now_ms = 0) {
  return ledger.poll(channel, ids, now_ms);
}

TEST(AckLedger, counts_each_channel_from_zero) {
  AckLedger ledger;
  EXPECT_EQ(ledger.issue({.channel = "a"}), 0u);
  EXPECT_EQ(ledger.issue({.channel = "a"}), 1u);
  EXPECT_EQ(ledger.issue({.channel = "b"}), 0u);
}

TEST(AckLedger, says_true_once_even_within_one_poll) {
  AckLedger ledger;
  ledger.issue({.channel = "a"});
  EXPECT_EQ(poll(ledger, "a", {0, 0, 1}), (std::vector{true, false, false}));
  EXPECT_EQ(poll(ledger, "a", {0}), (std::vector{false}));
  EXPECT_EQ(poll(ledger, "other", {0}), (std::vector{false}));
}

TEST(AckLedger, refuses_more_channels_than_it_can_hold_until_some_are_idle) {
  AckLedger ledger;
  for (size_t i = 0; i < AckLedger::channels_max; ++i)
    ASSERT_TRUE(ledger.issue({.channel = std::to_string(i), .now_ms = 5}).has_value());
  EXPECT_FALSE(ledger.issue({.channel = "new", .now_ms = 6}).has_value());
  EXPECT_TRUE(ledger.issue({.channel = "0", .now_ms = 6}).has_value());
  EXPECT_TRUE(
      ledger.issue({.channel = "new", .now_ms = 5 + AckLedger::channel_idle_ms_max}).has_value());
  EXPECT_EQ(poll(ledger, "1", {0}, 6), (std::vector{false}));
  EXPECT_EQ(poll(ledger, "0", {0}, 6), (std::vector{true}));
}

TEST(AckLedger, refuses_more_pending_ids_than_it_can_hold) {
  AckLedger ledger;
  for (size_t i = 0; i < AckLedger::pending_max; ++i)
    ASSERT_TRUE(ledger.issue({.channel = "a"}).has_value());
  EXPECT_FALSE(ledger.issue({.channel = "a"}).has_value());
  EXPECT_EQ(poll(ledger, "a", {0}), (std::vector{true}));
  EXPECT_EQ(ledger.issue({.channel = "a"}), AckLedger::pending_max);
}

}  // namespace
}  // namespace hecate::receive
