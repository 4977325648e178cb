// The printed configuration: complete, loadable again, and without secrets.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "pipeline/config.h"
#include "tests/unit/pipeline/config_text.h"

namespace hecate {
namespace {

/// Loads what is printed of `config` and prints that.
std::string printed_again(const Config& config) {
  const ConfigLoad loaded = load(print_effective_config(config));
  EXPECT_EQ(format_problems("printed", loaded.problems), "");
  return print_effective_config(loaded.config);
}

TEST(ConfigPrint, shows_every_default) {
  EXPECT_EQ(print_effective_config(Config()), R"(log_groups:
  pattern: ''
  unmatched: reject
rules: []
redact: []
fields: {}
hec:
  endpoints: []
  event: text
  event_id: short
  ack: false
  gzip: auto
  batch:
    bytes: 1000000
    events: 10000
    wait_ms: 500
  max_event_bytes: 1000000
  too_large: truncate
  on_partial: trust
  tls:
    verify: true
  retry:
    attempts: 10
    base_ms: 200
    cap_ms: 30000
    budget_s: 600
tests: []
)");
  EXPECT_EQ(printed_again(Config()), print_effective_config(Config()));
}

TEST(ConfigPrint, shows_what_is_set_in_the_order_of_the_file) {
  const std::string yaml = R"(log_groups:
  pattern: '^/x/(?P<app>it''s)$'
  unmatched: keep
rules:
  - name: ssh
    pattern: 'Failed \S+'
    flags: [caseless, multiline]
    log_group: '^/prod/'
    set:
      index: security
      fields:
        mitre: T1110
        '7': 'true'
      token: {secret: a/b, key: KEY}
    action: {sample: 10}
  - name: noise
    pattern: DEBUG
    action: drop
redact:
  - name: pan
    pattern: '\d{16}'
    replace: '****'
fields:
  region: eu-west-1
hec:
  endpoints:
    - 'https://splunk:8088'
  token: {env: SPLUNK_HEC_TOKEN}
  event: json
  event_id: none
  ack: true
  gzip: on
  batch:
    bytes: 2000
    events: 3
    wait_ms: 4
  max_event_bytes: 500
  too_large: dead_letter
  on_partial: resend
  tls:
    ca_file: /etc/ca.pem
    verify: true
  retry:
    attempts: 1
    base_ms: 2
    cap_ms: 3
    budget_s: 4
tests:
  - name: 'a test'
    input:
      log_group: /prod/x
      message: "two\nlines"
    expect:
      host: ''
      rule: ssh
      fields:
        mitre: T1110
)";
  const ConfigLoad loaded = load(yaml);
  ASSERT_EQ(format_problems("", loaded.problems), "");
  EXPECT_EQ(print_effective_config(loaded.config), yaml);
}

TEST(ConfigPrint, shows_what_came_from_the_environment_but_no_secret) {
  const Config config = default_config(environment_of({{"SPLUNK_HEC_URL", "https://a"},
                                                       {"SPLUNK_HEC_TOKEN", "hunter2"},
                                                       {"ENVIRONMENT", "prod"}}))
                            .config;
  const std::string printed = print_effective_config(config);
  EXPECT_NE(printed.find("# ENVIRONMENT: \"prod\""), printed.npos);
  EXPECT_NE(printed.find("    - 'https://a'"), printed.npos);
  EXPECT_NE(printed.find("  token: {env: SPLUNK_HEC_TOKEN}"), printed.npos);
  EXPECT_EQ(printed.find("hunter2"), printed.npos);
}

/// A text of characters that mean something to YAML.
std::string awkward_text(std::mt19937_64& random) {
  static const std::string characters =
      "ab:#-?!&*{}[],'\"\\|>%@` \t\n\r\x01\x1f\x7f~=<.0159nyYNet\xc3\xa9\xe2\x82\xac";
  std::string out;
  const std::size_t size = random() % 12;
  while (out.size() < size) {
    const std::size_t at = random() % characters.size();
    const auto byte = static_cast<unsigned char>(characters[at]);
    if (byte == 0xc3)
      out += "\xc3\xa9";
    else if (byte < 0x80)
      out += characters[at];
  }
  return out;
}

TEST(ConfigPrint, prints_any_text_so_that_it_loads_as_the_same) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Config config;
    config.log_groups.pattern = awkward_text(random);
    config.rules.push_back({});
    config.rules[0].name = "r";
    config.rules[0].pattern = awkward_text(random) + "x";
    config.fields = {{"a: b", awkward_text(random)}, {"- '\"#", awkward_text(random)}};
    const ConfigLoad loaded = load(print_effective_config(config));
    ASSERT_EQ(format_problems("", loaded.problems), "") << print_effective_config(config);
    ASSERT_EQ(loaded.config.log_groups.pattern, config.log_groups.pattern);
    ASSERT_EQ(loaded.config.rules.at(0).pattern, config.rules[0].pattern);
    ASSERT_EQ(loaded.config.fields, config.fields);
  }
}

}  // namespace
}  // namespace hecate
