// Configurations that are wrong: each problem is named at its place, and all of them at once.
#include <string>

#include <gtest/gtest.h>

#include "pipeline/config.h"
#include "pipeline/limits.h"
#include "tests/unit/pipeline/config_text.h"

namespace hecate {
namespace {

TEST(ConfigProblems, reports_eight_planted_errors_at_once_in_the_order_of_the_file) {
  const std::string problems = problems_of(R"(log_groups:
  unmatched: ignore
rules:
  - name: a
    patern: x
  - name: a
    pattern: y
    action: {sample: 0}
hec:
  endpoints: ['splunk:8088']
  batch: {bytes: 1MB}
  tls: {cert_file: c.pem}
  gzip: maybe
)");
  EXPECT_EQ(problems,
            "2:14: log_groups.unmatched must be one of: keep, reject\n"
            "4:5: rule.pattern is missing; every rule needs one\n"
            "5:5: unknown key 'patern' in rule; did you mean 'pattern'?\n"
            "6:5: rule 'a': the rule on line 4 has this name already\n"
            "8:22: action.sample must be from 1 to 1000000000\n"
            "10:15: an endpoint must be a URL that begins with http:// or https://\n"
            "11:18: hec.batch.bytes must be a whole number from 1000 to 8388608, in digits only\n"
            "12:20: hec.tls.cert_file needs key_file beside it\n"
            "13:9: hec.gzip must be one of: auto, on, off\n");
}

TEST(ConfigProblems, suggests_the_key_that_was_meant_or_lists_the_known_ones) {
  EXPECT_EQ(problems_of("hecc: {}\n"), "1:1: unknown key 'hecc'; did you mean 'hec'?\n");
  EXPECT_EQ(problems_of("hec: {retry: {budgte_s: 3}}\n"),
            "1:15: unknown key 'budgte_s' in hec.retry; did you mean 'budget_s'?\n");
  EXPECT_EQ(problems_of("hec: {akc: true}\n"),
            "1:7: unknown key 'akc' in hec; did you mean 'ack'?\n");
  EXPECT_EQ(problems_of("hec: {batch: {quux: 3}}\n"),
            "1:15: unknown key 'quux' in hec.batch; known are bytes, events, wait_ms\n");
  EXPECT_EQ(problems_of("endpoints: [https://x]\n"), "1:1: 'endpoints' belongs under 'hec:'\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, index: c}]\n"),
            "1:31: 'index' belongs under 'set:'\n");
}

TEST(ConfigProblems, reports_keys_that_are_given_twice) {
  EXPECT_EQ(problems_of("hec:\n  ack: true\n  gzip: on\n  ack: true\n"),
            "4:3: this key was given on line 2 already\n");
  EXPECT_EQ(problems_of("fields:\n  a: 1\n  a: 2\n"),
            "3:3: this key was given on line 2 already\n");
}

TEST(ConfigProblems, reports_wrong_types) {
  EXPECT_EQ(problems_of("[1, 2]\n"), "1:1: the configuration must be a map of keys and values\n");
  EXPECT_EQ(problems_of("rules: {a: b}\n"), "1:8: rules must be a list\n");
  EXPECT_EQ(problems_of("rules: [text]\n"),
            "1:9: rule must be a map of keys and values\n"
            "1:9: rule.name is missing; every rule needs one\n"
            "1:9: rule.pattern is missing; every rule needs one\n");
  EXPECT_EQ(problems_of("hec: {ack: 'true'}\n"), "1:12: hec.ack must be true or false\n");
  EXPECT_EQ(problems_of("hec: {retry: {attempts: '3'}}\n"),
            "1:25: hec.retry.attempts must be a whole number from 1 to 1000, in digits only\n");
  EXPECT_EQ(problems_of("hec: {event: [text]}\n"),
            "1:14: hec.event must be one of: text, json, envelope\n");
  EXPECT_EQ(problems_of("log_groups: {pattern: [a]}\n"),
            "1:23: log_groups.pattern must be a single value\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, flags: caseless}]\n"),
            "1:38: rule.flags must be a list\n");
  EXPECT_EQ(problems_of("fields: {a: {b: c}}\n"),
            "1:13: fields is flat: each of its values is a single text\n");
  EXPECT_EQ(problems_of("{[a]: b}\n"), "1:2: a key must be plain text\n");
}

TEST(ConfigProblems, reports_values_out_of_bounds) {
  EXPECT_EQ(problems_of("hec: {batch: {bytes: 999}}\n"),
            "1:22: hec.batch.bytes must be from 1000 to 8388608\n");
  EXPECT_EQ(problems_of("hec: {batch: {bytes: 8388609}}\n"),
            "1:22: hec.batch.bytes must be from 1000 to 8388608\n");
  EXPECT_EQ(problems_of("hec: {batch: {events: 0}}\n"),
            "1:23: hec.batch.events must be from 1 to 100000\n");
  EXPECT_EQ(problems_of("hec: {max_event_bytes: 1250001}\n"),
            "1:24: hec.max_event_bytes must be from 16 to 1250000\n");
  EXPECT_EQ(problems_of("hec: {max_event_bytes: 99999999999999999999999}\n"),
            "1:24: hec.max_event_bytes must be from 16 to 1250000\n");
  EXPECT_EQ(problems_of("hec: {retry: {attempts: -1}}\n"),
            "1:25: hec.retry.attempts must be a whole number from 1 to 1000, in digits only\n");
  EXPECT_EQ(problems_of("hec: {batch: {bytes: 1000, events: 100000, wait_ms: 0}}\n"), "");
}

TEST(ConfigProblems, reports_rules_without_name_or_pattern_and_with_bad_actions) {
  EXPECT_EQ(problems_of("rules: [{pattern: a}]\n"),
            "1:9: rule.name is missing; every rule needs one\n");
  EXPECT_EQ(problems_of("rules: [{name: '', pattern: a}]\n"),
            "1:16: rule.name must not be empty\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: ''}]\n"),
            "1:28: rule.pattern must not be empty\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern:}]\n"), "1:27: rule.pattern has no value\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, flags: [loud]}]\n"),
            "1:39: a flag must be one of: caseless, dotall, multiline\n");
  const std::string action = "1:39: rule.action must be one of: keep, drop, {sample: N}\n";
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, action: sample}]\n"), action);
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, action: [drop]}]\n"), action);
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, action: {sample: 1, of: 2}}]\n"),
            "1:51: unknown key 'of' in action; known are sample\n");
}

TEST(ConfigProblems, reports_what_a_rule_cannot_set) {
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, set: {index: ''}}]\n"),
            "1:44: set.index must not be empty\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, set: {sourcetype: \"x\\ny\"}}]\n"),
            "1:49: set.sourcetype must not hold control characters\n");
  EXPECT_EQ(problems_of("rules: [{name: a, pattern: b, set: {fields: {'': c}}}]\n"),
            "1:46: a name in set.fields must have 1 to 256 bytes and no control characters\n");
}

TEST(ConfigProblems, reports_redactions_that_cannot_be) {
  EXPECT_EQ(problems_of("redact:\n- {pattern: a}\n- {name: b}\n- {name: c, pattern: ''}\n"
                        "- {name: c, pattern: d}\n"),
            "2:3: redact entry.name is missing\n"
            "3:3: redact entry.pattern is missing\n"
            "4:22: redact entry.pattern must not be empty\n"
            "5:10: redact entry.name 'c' is in use on line 4 already\n");
}

TEST(ConfigProblems, reports_tests_that_test_nothing) {
  EXPECT_EQ(problems_of("tests:\n- {}\n- {name: a, input: {log_group: b}, expect: {}}\n"
                        "- {name: a, input: {message: b}, expect: {indx: c, action: stop}}\n"),
            "2:3: test.name is missing\n"
            "2:3: test.input is missing\n"
            "2:3: test.expect is missing\n"
            "3:20: input.message is missing\n"
            "3:44: test.expect must expect something\n"
            "4:43: unknown key 'indx' in expect; did you mean 'index'?\n"
            "4:60: expect.action must be one of: keep, drop, sample\n");
}

TEST(ConfigProblems, accepts_only_endpoints_that_can_be_posted_to) {
  for (const std::string good : {"https://splunk:8088", "HTTP://splunk", "http://[::1]:8088/x/y",
                                 "https://10.1.2.3/services/collector/event", "http://[::1]"}) {
    EXPECT_EQ(problems_of("hec: {endpoints: ['" + good + "']}\n"), "");
  }
  for (const std::string bad :
       {"", "splunk:8088", "ftp://splunk", "https://", "https://:8088", "https:///path",
        "https://splunk:0", "https://splunk:65536", "https://splunk:", "https://splunk:80a",
        "https://u:hunter2@splunk", "https://splunk/?token=hunter2", "https://splunk/#hunter2",
        "https://sp lunk", "http://[::1", "http://[]", "http://[::1]x:80", "https:/splunk"}) {
    const std::string problems = problems_of("hec: {endpoints: ['" + bad + "']}\n");
    EXPECT_TRUE(problems.starts_with("1:19: an endpoint must ")) << bad << ": " << problems;
    EXPECT_EQ(problems.find("hunter2"), problems.npos) << problems;
  }
  EXPECT_EQ(problems_of("hec: {endpoints: [\"https://a/\\r\\nX: y\"]}\n"),
            "1:19: an endpoint must not hold spaces or control characters\n");
  EXPECT_EQ(problems_of("hec: {endpoints: [https://a, https://a]}\n"),
            "1:30: this endpoint is in the list already\n");
}

TEST(ConfigProblems, reports_options_that_contradict_each_other) {
  EXPECT_EQ(problems_of("hec: {tls: {key_file: k}}\n"),
            "1:23: hec.tls.key_file needs cert_file beside it\n");
  EXPECT_EQ(problems_of("hec: {tls: {ca_file: c, verify: false}}\n"),
            "1:22: hec.tls.ca_file has no use with verify: false; leave one of them out\n");
  EXPECT_EQ(problems_of("hec: {retry: {cap_ms: 100}}\n"),
            "1:23: hec.retry.cap_ms makes base_ms (200) larger than cap_ms (100)\n");
  EXPECT_EQ(problems_of("hec: {ack: true, event_id: none}\n"), "");
}

TEST(ConfigProblems, never_repeats_a_token_and_says_where_it_belongs) {
  const std::string token = "b5a79aad-d822-46cc-80d1-819f80d7bfb0";
  for (const std::string yaml :
       {"hec: {token: TOKEN}", "hec: {token: {env: TOKEN}}", "hec: {token: {TOKEN: }}",
        "hec: {token: {env: A, TOKEN: x}}", "hec: {token: [TOKEN]}",
        "rules: [{name: a, pattern: b, set: {token: TOKEN}}]", "hec: {gzip: TOKEN}",
        "hec: {ack: TOKEN}", "hec: {endpoints: [TOKEN]}", "hec: {endpoints: TOKEN}",
        "hec: {endpoints: ['https://x:TOKEN@splunk']}", "hec: {retry: {attempts: TOKEN}}"}) {
    std::string text = yaml;
    text.replace(text.find("TOKEN"), 5, token);
    const ConfigLoad loaded = load(text);
    EXPECT_FALSE(loaded.problems.empty()) << yaml;
    const std::string problems = format_problems("f", loaded.problems);
    EXPECT_EQ(problems.find(token), problems.npos) << problems;
    EXPECT_EQ(print_effective_config(loaded.config).find(token), std::string::npos) << yaml;
  }
  EXPECT_EQ(problems_of("hec: {token: abc}"),
            "1:14: hec.token must say where the token is: {env: VARIABLE}, {file: PATH} or "
            "{secret: NAME, key: KEY}. The token itself does not belong into this file, where it "
            "would leak\n");
}

TEST(ConfigProblems, wants_exactly_one_form_of_a_token) {
  const std::string one =
      "1:14: hec.token must have exactly one form: {env: VARIABLE}, {file: PATH} or {secret: NAME, "
      "key: KEY}\n";
  EXPECT_EQ(problems_of("hec: {token: {}}"), one);
  EXPECT_EQ(problems_of("hec: {token: {env: A, file: b}}"), one);
  EXPECT_EQ(problems_of("hec: {token: {key: A}}"), one);
  EXPECT_EQ(problems_of("hec: {token: {file: b, key: A}}"),
            "1:29: hec.token.key goes with secret only\n");
  EXPECT_EQ(problems_of("hec: {token: {secret: b}}"), "");
}

TEST(ConfigProblems, bounds_the_number_of_rules_and_of_problems) {
  std::string rules = "rules:\n";
  for (std::size_t i = 0; i <= limits::rules_max; ++i) {
    rules += "- {name: r" + std::to_string(i) + ", pattern: x}\n";
  }
  EXPECT_EQ(problems_of(rules), "2:1: rules holds 10001 rules; at most 10000 are possible\n");
  std::string unknown;
  for (int i = 0; i < 5000; ++i) unknown += "redact" + std::to_string(i) + ": 1\n";
  EXPECT_LE(load(unknown).problems.size(), 1001u);
  std::string wrong = "fields:\n";
  for (int i = 0; i < 5000; ++i) wrong += "  k" + std::to_string(i) + ": []\n";
  const ConfigLoad loaded = load(wrong);
  ASSERT_EQ(loaded.problems.size(), 1001u);
  EXPECT_EQ(loaded.problems.back().message, "and 4000 more problems");
}

TEST(ConfigProblems, print_with_the_name_of_the_file_and_their_place) {
  EXPECT_EQ(format_problems("a.yaml", {{3, 4, "wrong"}, {5, 0, "odd"}, {0, 0, "missing"}}),
            "a.yaml:3:4: wrong\na.yaml:5: odd\na.yaml: missing\n");
}

TEST(ConfigProblems, are_one_line_each_whatever_an_engine_quotes) {
  const auto complain = [](const Config& config, std::vector<ConfigProblem>& problems) {
    problems.push_back({1, 2, "bad: " + config.log_groups.pattern});
  };
  const ConfigLoad loaded = load_config("log_groups: {pattern: \"a\\nb\\x1b[1m\"}\n", {}, complain);
  EXPECT_EQ(format_problems("f", loaded.problems), "f:1:2: bad: a b [1m\n");
}

TEST(ConfigProblems, quote_keys_short_and_without_control_characters) {
  EXPECT_EQ(in_quotes("a\x1b[31m\n\xff"),
            "'a?[31m?"
            "?'");
  const std::string cut = in_quotes(std::string(1000, 'x'));
  EXPECT_EQ(cut, "'" + std::string(64, 'x') + "...'");
}

}  // namespace
}  // namespace hecate
