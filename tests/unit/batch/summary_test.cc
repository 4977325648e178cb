// The JSON summary is a promise to programs: keys, order, one line. The text is for people.
#include "batch/summary.h"

#include <limits>

#include <gtest/gtest.h>

#include "batch/human.h"

namespace hecate {
namespace {

void fill(Metrics& m) {
  m.objects_total = 20;
  m.objects_done = 15;
  m.objects_skipped = 3;
  m.objects_failed = 2;
  m.events_read = 1'234'567;
  m.events_delivered = 1'234'500;
  m.events_filtered = 60;
  m.events_dead_lettered = 7;
  m.events_dropped_by_rule = 58;
  m.events_blank = 2;
  m.bytes_compressed = 12'345'678;
  m.bytes_uncompressed = 234'567'890;
  m.bytes_posted = 34'567'890;
  m.requests = 1'250;
  m.retries = 5;
}

TEST(Summary, json_has_exactly_the_promised_keys_in_their_order) {
  Metrics metrics;
  fill(metrics);
  EXPECT_EQ(summary_json(metrics, 12.34567),
            R"({"objects_total":20,"objects_done":15,"objects_skipped":3,"objects_failed":2,)"
            R"("events_read":1234567,"events_delivered":1234500,"events_filtered":60,)"
            R"("events_dead_lettered":7,"bytes_compressed":12345678,)"
            R"("bytes_uncompressed":234567890,"bytes_posted":34567890,"requests":1250,)"
            R"("retries":5,"seconds":12.346})");
}

TEST(Summary, json_stays_json_for_a_time_that_is_none) {
  EXPECT_TRUE(summary_json(Metrics(), std::numeric_limits<double>::infinity())
                  .ends_with("\"seconds\":0.000}"));
}

TEST(Summary, text_is_aligned_and_leaves_out_what_did_not_happen) {
  Metrics metrics;
  fill(metrics);
  EXPECT_EQ(summary_text(metrics, 10),
            "objects   15 done, 3 skipped, 2 failed, of 20\n"
            "events    1,234,500 delivered, 60 filtered, 7 dead-lettered, of 1,234,567 read\n"
            "filtered  58 by rules, 2 blank\n"
            "bytes     12.3 MB compressed, 235 MB uncompressed, 34.6 MB posted\n"
            "requests  1,250, 5 retries\n"
            "time      10.0s, 123,456 events/s, 23.5 MB/s uncompressed\n");
  EXPECT_NE(summary_text(Metrics(), 0).find("0 events/s"), std::string::npos);
}

TEST(Human, writes_numbers_as_people_read_them) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1'000), "1,000");
  EXPECT_EQ(human_count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(999.6), "1.00 kB");
  EXPECT_EQ(human_bytes(1'234'567), "1.23 MB");
  EXPECT_EQ(human_bytes(99'960'000), "100 MB");
  EXPECT_EQ(human_bytes(1e30), "1000000000000 EB");
  EXPECT_EQ(human_seconds(-1), "0.0s");
  EXPECT_EQ(human_seconds(12.34), "12.3s");
  EXPECT_EQ(human_seconds(59.97), "1m00s");
  EXPECT_EQ(human_seconds(125), "2m05s");
  EXPECT_EQ(human_seconds(3'725), "1h02m");
  EXPECT_EQ(human_seconds(3.0 * 86'400 + 3'600), "3d01h");
  EXPECT_EQ(human_seconds(1e300), "11574d01h");
}

}  // namespace
}  // namespace hecate
