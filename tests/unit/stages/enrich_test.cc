// What is sent along with events, and which are sent at all: conventions, rules, samples, metadata.
#include "stages/enrich.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <xxhash.h>

#include "pipeline/limits.h"
#include "tests/support/test_batch.h"

namespace hecate {
namespace {

using namespace std::string_literals;

class EnrichTest : public testing::Test {
 protected:
  /// Call once the configuration is set.
  Enrich make_stage() {
    Result<LogGroupConvention> convention = LogGroupConvention::make(config_.log_groups);
    EXPECT_TRUE(convention);
    return Enrich(std::make_shared<const Config>(config_),
                  std::make_shared<const LogGroupConvention>(std::move(*convention)),
                  [this](std::string_view group) { rejected_.emplace_back(group); });
  }
  void process() {
    stage_.emplace(make_stage());  // owns the metadata
    ASSERT_TRUE(stage_->process(*batch_));
  }
  RuleConfig& add_rule() {
    RuleConfig& rule = config_.rules.emplace_back();
    rule.name = "r" + std::to_string(config_.rules.size());
    return rule;
  }
  const Metadata& metadata_of(std::size_t i) {
    return *batch_->metadata.at(batch_->events.at(i).metadata);
  }
  Config config_;
  TestBatch batch_;
  std::vector<std::string> rejected_;
  std::optional<Enrich> stage_;
};

TEST_F(EnrichTest, cloudwatch_events_are_named_by_their_stream_and_group) {
  batch_.begin_context("123456789012", "/prod/app", "i-1");
  batch_.add_json("x", "1");
  process();
  const Metadata& metadata = metadata_of(0);
  EXPECT_EQ(metadata.host, "i-1");
  EXPECT_EQ(metadata.source, "/prod/app");
  EXPECT_EQ(metadata.sourcetype, "aws:cloudwatchlogs");
  EXPECT_EQ(metadata.index, "");
  EXPECT_EQ(metadata.fields, (Fields{{"aws_account_id", "123456789012"}}));
}

TEST_F(EnrichTest, other_formats_are_named_by_their_object) {
  const std::map<Format, std::string> sourcetypes{{Format::cloudwatch_export, "aws:cloudwatchlogs"},
                                                  {Format::cloudtrail, "aws:cloudtrail"},
                                                  {Format::json_lines, ""},
                                                  {Format::text, ""}};
  for (const auto& [format, sourcetype] : sourcetypes) {
    TestBatch batch(format);
    Context& context = batch.begin_context("", "", "");
    context.uri = "s3://b/host-7/x.log";
    context.folder = "host-7";
    batch.add_plain("x");
    Enrich stage = make_stage();
    ASSERT_TRUE(stage.process(*batch));
    const Metadata& metadata = *batch->metadata.at(0);
    EXPECT_EQ(metadata.host, "host-7");
    EXPECT_EQ(metadata.source, "s3://b/host-7/x.log");
    EXPECT_EQ(metadata.sourcetype, sourcetype);
    EXPECT_TRUE(metadata.fields.empty());
  }
}

TEST_F(EnrichTest, later_settings_win_and_keep_their_place) {
  config_.log_groups.pattern = "^/(?P<team>[a-z]+)/(?P<env>[a-z]+)$";
  config_.fields = {{"region", "eu"}, {"team", "static"}, {"env", "static"}, {"none", ""}};
  RuleConfig& rule = add_rule();
  rule.set.severity = "high";
  rule.set.fields = {{"env", "rule"}, {"aws_account_id", "0"}, {"extra", "e"}, {"severity", "top"}};
  batch_.begin_context("1", "/core/prod", "s");
  batch_.add_json("x").rule = 0;
  batch_.add_json("x");
  process();
  EXPECT_EQ(metadata_of(0).fields, (Fields{{"aws_account_id", "0"},
                                           {"region", "eu"},
                                           {"team", "core"},
                                           {"env", "rule"},
                                           {"severity", "top"},
                                           {"extra", "e"}}));
  EXPECT_EQ(metadata_of(1).fields,
            (Fields{{"aws_account_id", "1"}, {"region", "eu"}, {"team", "core"}, {"env", "prod"}}));
}

TEST_F(EnrichTest, a_rule_sets_what_it_names_and_no_more) {
  RuleConfig& all = add_rule();
  all.set.host = "h";
  all.set.source = "s";
  all.set.sourcetype = "t";
  all.set.index = "i";
  all.set.severity = "low";
  add_rule().set.index = "only";
  batch_.begin_context("", "/g", "stream");
  batch_.add_json("x").rule = 0;
  batch_.add_json("x").rule = 1;
  process();
  const Metadata& every = metadata_of(0);
  EXPECT_EQ(every.host + every.source + every.sourcetype + every.index, "hsti");
  EXPECT_EQ(every.fields, (Fields{{"severity", "low"}}));
  const Metadata& one = metadata_of(1);
  EXPECT_EQ(one.index, "only");
  EXPECT_EQ(one.host, "stream");
  EXPECT_EQ(one.sourcetype, "aws:cloudwatchlogs");
}

TEST_F(EnrichTest, captures_fill_the_envelope_and_the_environment_steps_in) {
  config_.log_groups.pattern = "^/x_(?P<environment>[a-z]*)_(?P<application>[a-z]+)$";
  config_.environment = "from-outside";
  batch_.begin_context("1", "/x_prod_shop", "s");
  batch_.add_json("x");
  batch_.begin_context("1", "/x__shop", "s");
  batch_.add_json("x");
  process();
  EXPECT_EQ(metadata_of(0).environment, "prod");
  EXPECT_EQ(metadata_of(0).application, "shop");
  EXPECT_EQ(metadata_of(0).application_component, "");
  EXPECT_EQ(metadata_of(0).log_group, "/x_prod_shop");
  EXPECT_EQ(metadata_of(1).environment, "from-outside");
  EXPECT_EQ(metadata_of(1).fields, (Fields{{"aws_account_id", "1"}, {"application", "shop"}}));
}

TEST_F(EnrichTest, groups_outside_the_convention_are_filtered_and_named_once) {
  config_.log_groups.pattern = "^/good/";
  Enrich stage = make_stage();
  for (int round = 0; round < 2; ++round) {
    TestBatch batch;
    for (const char* group : {"/good/a", "/bad/a", "/bad/b", "/bad/a"}) {
      batch.begin_context("1", group, "s" + std::to_string(batch->contexts.size()));
      batch.add_json("x");
      batch.add_json("y").fate = Fate::filtered;
    }
    ASSERT_TRUE(stage.process(*batch));
    std::vector<Fate> fates;
    for (const Event& event : batch->events) fates.push_back(event.fate);
    EXPECT_EQ(fates,
              (std::vector<Fate>{Fate::keep, Fate::filtered, Fate::filtered, Fate::filtered,
                                 Fate::filtered, Fate::filtered, Fate::filtered, Fate::filtered}));
    EXPECT_EQ(batch->events_group_rejected, 3U);
  }
  EXPECT_EQ(rejected_, (std::vector<std::string>{"/bad/a", "/bad/b"}));
}

TEST_F(EnrichTest, a_convention_may_keep_what_it_does_not_match) {
  config_.log_groups.pattern = "^/(?P<a>good)/";
  config_.log_groups.unmatched = Unmatched::keep;
  batch_.begin_context("1", "/bad/", "s");
  batch_.add_json("x");
  process();
  EXPECT_EQ(batch_->events[0].fate, Fate::keep);
  EXPECT_EQ(metadata_of(0).fields, (Fields{{"aws_account_id", "1"}}));
  EXPECT_TRUE(rejected_.empty());
}

TEST_F(EnrichTest, what_has_no_log_group_is_not_judged_by_the_convention) {
  config_.log_groups.pattern = "^/good/";
  batch_.begin_context("", "", "").uri = "file";
  batch_.add_plain("x");
  process();
  EXPECT_EQ(batch_->events[0].fate, Fate::keep);
}

TEST_F(EnrichTest, a_broken_convention_is_an_error_of_usage) {
  config_.log_groups.pattern = "(";
  const Result<LogGroupConvention> convention = LogGroupConvention::make(config_.log_groups);
  ASSERT_FALSE(convention);
  EXPECT_EQ(convention.error().code, Errc::usage);
}

TEST_F(EnrichTest, drops_what_a_rule_says_to_drop) {
  add_rule().action = RuleAction::drop;
  add_rule();
  batch_.add_json("x").rule = 0;
  batch_.add_json("x").rule = 1;
  batch_.add_json("x").fate = Fate::dead_letter;
  batch_.add_json("x").fate = Fate::resumed;
  process();
  EXPECT_EQ(batch_->events[0].fate, Fate::filtered);
  EXPECT_EQ(batch_->events[1].fate, Fate::keep);
  EXPECT_EQ(batch_->events[2].fate, Fate::dead_letter);
  EXPECT_EQ(batch_->events[3].fate, Fate::resumed);
  EXPECT_EQ(batch_->events_dropped_by_rule, 1U);
  EXPECT_EQ(metadata_of(2).source, "group") << "dead letters say where they came from";
}

TEST_F(EnrichTest, a_sample_is_about_one_in_n_and_the_same_every_time) {
  RuleConfig& rule = add_rule();
  rule.action = RuleAction::sample;
  rule.sample = 10;
  config_.hec.event_id = EventIdShape::none;  // the id decides even when it is not sent
  std::vector<std::vector<bool>> kept(2);
  for (std::vector<bool>& run : kept) {
    Enrich stage = make_stage();
    for (int part = 0; part < 10; ++part) {
      TestBatch batch;
      for (int i = 0; i < 1000; ++i) {
        batch.add_json("x", std::to_string(1'000'000 + part * 1000 + i)).rule = 0;
      }
      ASSERT_TRUE(stage.process(*batch));
      std::uint64_t dropped = 0;
      for (const Event& event : batch->events) {
        run.push_back(event.fate == Fate::keep);
        dropped += run.back() ? 0 : 1;
      }
      EXPECT_EQ(batch->events_dropped_by_rule, dropped);
    }
  }
  EXPECT_EQ(kept[0], kept[1]);
  const auto count = std::count(kept[0].begin(), kept[0].end(), true);
  EXPECT_GT(count, 850);
  EXPECT_LT(count, 1150);
}

TEST_F(EnrichTest, ids_depend_on_where_an_event_came_from_and_on_nothing_else) {
  batch_->first_record = 7;
  batch_.begin_context("1", "g", "s");
  batch_.add_json("x", "id-a");
  batch_.begin_context("2", "g", "s");
  batch_.add_json("x", "id-a");
  batch_.add_json("x");
  batch_.add_json("x", "id-b");
  process();
  const auto hash = [](const std::string& bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
  };
  EXPECT_EQ(batch_->events[0].id_hash, hash("1\0g\0s\0id-a"s));
  EXPECT_EQ(batch_->events[1].id_hash, hash("2\0g\0s\0id-a"s));
  EXPECT_EQ(batch_->events[2].id_hash, hash("s3://bucket/object\0etag\0"
                                            "9"s))
      << "no id of its own";
  EXPECT_EQ(batch_->events[3].id_hash, hash("2\0g\0s\0id-b"s));
}

TEST_F(EnrichTest, metadata_is_shared_by_events_of_a_context_and_rule) {
  add_rule().set.index = "i";
  batch_.begin_context("1", "g1", "s");
  for (int i = 0; i < 6; ++i) batch_.add_json("x").rule = i % 2 == 0 ? std::uint16_t{0} : no_rule;
  process();
  EXPECT_EQ(batch_->metadata.size(), 2U);
  EXPECT_EQ(&metadata_of(0), &metadata_of(4));
  EXPECT_NE(&metadata_of(0), &metadata_of(1));
}

// Contexts come, alternate, and come back, more of them than are remembered; then the worker's
// table starts anew and the same places get other serials.
TEST_F(EnrichTest, metadata_is_never_that_of_another_context_or_rule) {
  for (int i = 0; i < 5; ++i) add_rule().set.index = "index" + std::to_string(i);
  Enrich stage = make_stage();
  std::uint64_t serial = 0;
  std::map<std::uint64_t, const std::string> names;  // of metadata, by serial
  for (int round = 0; round < 4; ++round) {
    const std::uint64_t first = ++serial;
    for (int part = 0; part < 3; ++part) {
      TestBatch batch;
      batch.envelope().uri = "object" + std::to_string(round);
      const std::size_t contexts = limits::contexts_max + 300;
      for (std::size_t i = 0; i < contexts * 2; ++i) {
        const std::size_t which = i % 2 == 0 ? i / 2 : contexts - 1 - i / 2;
        batch.begin_context("1", "g" + std::to_string(which), "s").serial = first + which;
        Event& event = batch.add_json("x", "1");
        const std::size_t rule = (i * 7 + static_cast<std::size_t>(part)) % 6;
        event.rule = rule == 5 ? no_rule : static_cast<std::uint16_t>(rule);
        serial = std::max(serial, first + which);
      }
      ASSERT_TRUE(stage.process(*batch));
      for (const Event& event : batch->events) {
        const Metadata& metadata = *batch->metadata.at(event.metadata);
        ASSERT_EQ(metadata.source, batch->contexts[event.context]->log_group);
        const std::string index = event.rule == no_rule ? "" : "index" + std::to_string(event.rule);
        ASSERT_EQ(metadata.index, index);
        const auto known = names.emplace(metadata.serial, metadata.source + metadata.index);
        ASSERT_EQ(known.first->second, metadata.source + metadata.index) << "a serial is for one";
      }
    }
  }
}

}  // namespace
}  // namespace hecate
