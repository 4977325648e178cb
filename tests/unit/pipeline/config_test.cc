// Configurations that are right: every key arrives where it belongs, and what is not said has its
// default.
#include "pipeline/config.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/pipeline/config_text.h"

namespace hecate {
namespace {

constexpr std::string_view every_key = R"yaml(
log_groups:
  pattern: '^/aws/lambda/x-[A-Za-z\d-]+_(?P<environment>[A-Za-z\d-]+)$'
  unmatched: keep
rules:
  - name: ssh_auth_failure
    pattern: 'Failed password for (invalid user )?\S+ from'
    flags: [caseless, dotall]
    log_group: '^/prod/'
    set:
      sourcetype: linux_secure
      index: security
      source: bastion
      host: gateway
      severity: high
      fields: {mitre: T1110, weight: 7, urgent: true}
      token: {file: /run/secrets/security}
    action: keep
  - {name: noise, pattern: DEBUG, action: drop}
  - name: chatter
    pattern: INFO
    flags: [multiline]
    set: {token: {env: CHATTER_TOKEN}}
    action: {sample: 10}
redact:
  - {name: pan, pattern: '\b\d{16}\b', replace: '****'}
fields: {region: eu-west-1, account: 0123}
hec:
  endpoints: [https://splunk.internal:8088, 'http://10.0.0.1/collector']
  token: {secret: hec-token, key: SPLUNK_HEC_TOKEN}
  event: envelope
  event_id: full
  ack: true
  gzip: off
  batch: {bytes: 500000, events: 100, wait_ms: 250}
  max_event_bytes: 20000
  too_large: dead_letter
  on_partial: resend
  tls: {ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem, verify: true}
  retry: {attempts: 3, base_ms: 10, cap_ms: 1000, budget_s: 60}
tests:
  - name: ssh failures go to security
    input: {log_group: /prod/bastion, log_stream: s, owner: '123', message: 'Failed password'}
    expect:
      rule: ssh_auth_failure
      index: security
      host: ~
      action: keep
      fields: {mitre: T1110}
)yaml";

TEST(Config, reads_the_log_groups_and_where_their_pattern_stands) {
  const ConfigLoad loaded = load(every_key);
  ASSERT_EQ(format_problems("", loaded.problems), "");
  const LogGroupsConfig& groups = loaded.config.log_groups;
  EXPECT_EQ(groups.pattern, R"(^/aws/lambda/x-[A-Za-z\d-]+_(?P<environment>[A-Za-z\d-]+)$)");
  EXPECT_EQ(groups.unmatched, Unmatched::keep);
  EXPECT_EQ(groups.pattern_at, (Position{3, 12}));
}

TEST(Config, reads_rules_in_the_order_of_the_file) {
  const Config config = load(every_key).config;
  ASSERT_EQ(config.rules.size(), 3u);
  const RuleConfig& ssh = config.rules[0];
  EXPECT_EQ(ssh.name, "ssh_auth_failure");
  EXPECT_EQ(ssh.pattern, R"(Failed password for (invalid user )?\S+ from)");
  EXPECT_TRUE(ssh.caseless);
  EXPECT_TRUE(ssh.dotall);
  EXPECT_FALSE(ssh.multiline);
  EXPECT_EQ(ssh.log_group, "^/prod/");
  EXPECT_EQ(ssh.action, RuleAction::keep);
  EXPECT_EQ(ssh.line, 6);
  EXPECT_EQ(ssh.pattern_at, (Position{7, 14}));
  EXPECT_EQ(ssh.log_group_at, (Position{9, 16}));
  EXPECT_EQ(config.rules[1].action, RuleAction::drop);
  EXPECT_EQ(config.rules[2].action, RuleAction::sample);
  EXPECT_EQ(config.rules[2].sample, 10u);
  EXPECT_TRUE(config.rules[2].multiline);
}

TEST(Config, reads_what_a_rule_sets) {
  const Config config = load(every_key).config;
  const RuleSet& set = config.rules.at(0).set;
  EXPECT_EQ(set.sourcetype, "linux_secure");
  EXPECT_EQ(set.index, "security");
  EXPECT_EQ(set.source, "bastion");
  EXPECT_EQ(set.host, "gateway");
  EXPECT_EQ(set.severity, "high");
  EXPECT_EQ(set.fields, (Fields{{"mitre", "T1110"}, {"weight", "7"}, {"urgent", "true"}}));
  EXPECT_EQ(set.token.file, "/run/secrets/security");
  EXPECT_EQ(config.rules.at(2).set.token.env, "CHATTER_TOKEN");
  EXPECT_EQ(config.rules.at(2).set.index, std::nullopt);
}

TEST(Config, reads_redactions_and_fields_as_written) {
  const Config config = load(every_key).config;
  ASSERT_EQ(config.redact.size(), 1u);
  EXPECT_EQ(config.redact[0].name, "pan");
  EXPECT_EQ(config.redact[0].pattern, R"(\b\d{16}\b)");
  EXPECT_EQ(config.redact[0].replace, "****");
  EXPECT_EQ(config.redact[0].line, 26);
  EXPECT_EQ(config.fields, (Fields{{"region", "eu-west-1"}, {"account", "0123"}}));
}

TEST(Config, reads_how_to_deliver) {
  const HecConfig hec = load(every_key).config.hec;
  EXPECT_EQ(hec.endpoints, (std::vector<std::string>{"https://splunk.internal:8088",
                                                     "http://10.0.0.1/collector"}));
  EXPECT_EQ(hec.token.secret, "hec-token");
  EXPECT_EQ(hec.token.key, "SPLUNK_HEC_TOKEN");
  EXPECT_EQ(hec.event, EventShape::envelope);
  EXPECT_EQ(hec.event_id, EventIdShape::full);
  EXPECT_TRUE(hec.ack);
  EXPECT_EQ(hec.gzip, GzipMode::off);
  EXPECT_EQ(hec.batch.bytes, 500'000u);
  EXPECT_EQ(hec.batch.events, 100u);
  EXPECT_EQ(hec.batch.wait.count(), 250);
  EXPECT_EQ(hec.max_event_bytes, 20'000u);
  EXPECT_EQ(hec.too_large, TooLarge::dead_letter);
  EXPECT_EQ(hec.on_partial, OnPartial::resend);
  EXPECT_EQ(hec.tls.ca_file, "ca.pem");
  EXPECT_EQ(hec.tls.cert_file, "cert.pem");
  EXPECT_EQ(hec.tls.key_file, "key.pem");
  EXPECT_TRUE(hec.tls.verify);
  EXPECT_EQ(hec.retry.attempts, 3);
  EXPECT_EQ(hec.retry.base.count(), 10);
  EXPECT_EQ(hec.retry.cap.count(), 1000);
  EXPECT_EQ(hec.retry.budget.count(), 60);
}

TEST(Config, reads_tests_as_flat_maps_in_which_nothing_means_none) {
  const Config config = load(every_key).config;
  ASSERT_EQ(config.tests.size(), 1u);
  const ConfigTest& test = config.tests[0];
  EXPECT_EQ(test.name, "ssh failures go to security");
  EXPECT_EQ(test.input, (std::map<std::string, std::string>{{"log_group", "/prod/bastion"},
                                                            {"log_stream", "s"},
                                                            {"owner", "123"},
                                                            {"message", "Failed password"}}));
  EXPECT_EQ(test.expect, (std::map<std::string, std::string>{{"rule", "ssh_auth_failure"},
                                                             {"index", "security"},
                                                             {"host", ""},
                                                             {"action", "keep"},
                                                             {"fields.mitre", "T1110"}}));
  EXPECT_EQ(test.line, 42);
}

TEST(Config, has_a_default_for_every_key) {
  const ConfigLoad loaded = load("");
  EXPECT_TRUE(loaded.problems.empty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.log_groups.pattern, "");
  EXPECT_EQ(config.log_groups.unmatched, Unmatched::reject);
  EXPECT_TRUE(config.rules.empty());
  EXPECT_TRUE(config.hec.endpoints.empty());
  EXPECT_TRUE(config.hec.token.empty());
  EXPECT_EQ(config.hec.event, EventShape::text);
  EXPECT_EQ(config.hec.event_id, EventIdShape::short_id);
  EXPECT_EQ(config.hec.gzip, GzipMode::automatic);
  EXPECT_EQ(config.hec.batch.bytes, 1'000'000u);
  EXPECT_EQ(config.hec.batch.events, 10'000u);
  EXPECT_EQ(config.hec.max_event_bytes, 1'000'000u);
  EXPECT_TRUE(config.hec.tls.verify);
  EXPECT_EQ(config.hec.retry.attempts, 10);
}

TEST(Config, takes_sections_without_content_as_absent) {
  const ConfigLoad loaded =
      load("log_groups:\nrules:\nredact: []\nfields:\nhec:\n  batch:\ntests:\n");
  EXPECT_EQ(format_problems("", loaded.problems), "");
  EXPECT_EQ(loaded.config.hec.batch.bytes, 1'000'000u);
}

TEST(Config, copies_what_aliases_and_merge_keys_name) {
  const ConfigLoad loaded = load(R"(
rules:
  - name: one
    pattern: a
    set: &security {index: security, severity: high, fields: &tags {team: blue}}
  - name: two
    pattern: b
    set:
      <<: *security
      severity: low
  - {name: three, pattern: c, set: {fields: *tags}}
)");
  ASSERT_EQ(format_problems("", loaded.problems), "");
  const RuleSet& two = loaded.config.rules.at(1).set;
  EXPECT_EQ(two.index, "security");
  EXPECT_EQ(two.severity, "low");
  EXPECT_EQ(two.fields, (Fields{{"team", "blue"}}));
  EXPECT_EQ(loaded.config.rules.at(2).set.fields, (Fields{{"team", "blue"}}));
}

TEST(Config, hands_patterns_to_their_engines_with_their_places) {
  const auto complain = [](const Config& config, std::vector<ConfigProblem>& problems) {
    const RuleConfig& rule = config.rules.at(0);
    problems.push_back({rule.pattern_at.line, rule.pattern_at.column, "pattern: missing )"});
  };
  const ConfigLoad loaded = load_config(
      "rules:\n- name: x\n  pattern: '('\n  acton: keep\nhec: {ack: maybe}\n", {}, complain);
  ASSERT_EQ(loaded.problems.size(), 3u);
  EXPECT_EQ(loaded.problems[0].message, "pattern: missing )");
  EXPECT_EQ(loaded.problems[0].line, 3);
  EXPECT_EQ(loaded.problems[0].column, 12);
  EXPECT_EQ(loaded.problems[1].line, 4);
  EXPECT_EQ(loaded.problems[2].line, 5);
}

TEST(Config, takes_every_example_without_problems) {
  const std::filesystem::path folder =
      std::filesystem::path(HECATE_SOURCE_DIR) / "examples" / "config";
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++examples;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const ConfigLoad loaded = load(text.str());
    EXPECT_EQ(format_problems(entry.path().filename().string(), loaded.problems), "");
    const ConfigLoad again = load(print_effective_config(loaded.config));
    EXPECT_EQ(format_problems("printed " + entry.path().filename().string(), again.problems), "");
  }
  EXPECT_GT(examples, 0) << "no examples in " << folder;
}

}  // namespace
}  // namespace hecate
