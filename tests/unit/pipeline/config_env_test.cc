// The environment as a fallback: it fills in what the file does not say, and nothing else.
#include <string>

#include <gtest/gtest.h>

#include "pipeline/config.h"
#include "tests/unit/pipeline/config_text.h"

namespace hecate {
namespace {

TEST(ConfigEnvironment, fills_in_what_a_lambda_is_given_as_variables) {
  const ConfigLoad loaded = default_config(environment_of({
      {"SPLUNK_HEC_URL", "https://a:8088, https://b:8088"},
      {"SPLUNK_HEC_TOKEN", "b5a79aad-d822-46cc-80d1-819f80d7bfb0"},
      {"SECRET_MANAGER_ITEM_NAME", "unused"},
      {"LOG_GROUP_NAME_REGEX", "^/aws/(?P<application>.*)$"},
      {"ENVIRONMENT", "prod"},
  }));
  ASSERT_EQ(format_problems("", loaded.problems), "");
  const Config& config = loaded.config;
  EXPECT_EQ(config.hec.endpoints, (std::vector<std::string>{"https://a:8088", "https://b:8088"}));
  EXPECT_EQ(config.hec.token, (TokenSource{"SPLUNK_HEC_TOKEN", "", "", ""}));
  EXPECT_EQ(config.log_groups.pattern, "^/aws/(?P<application>.*)$");
  EXPECT_EQ(config.log_groups.pattern_at, Position());
  EXPECT_EQ(config.environment, "prod");
}

TEST(ConfigEnvironment, finds_the_token_in_secrets_manager_when_no_variable_holds_it) {
  const Config config =
      default_config(environment_of({{"SECRET_MANAGER_ITEM_NAME", "splunk/hec"}})).config;
  EXPECT_EQ(config.hec.token, (TokenSource{"", "", "splunk/hec", "SPLUNK_HEC_TOKEN"}));
}

TEST(ConfigEnvironment, gives_way_to_the_file) {
  const ConfigLoad loaded =
      load_config("log_groups: {pattern: ''}\nhec: {endpoints: [https://file], token: {file: f}}\n",
                  environment_of({{"SPLUNK_HEC_URL", "not a url"},
                                  {"SPLUNK_HEC_TOKEN", "t"},
                                  {"LOG_GROUP_NAME_REGEX", "("}}),
                  {});
  ASSERT_EQ(format_problems("", loaded.problems), "");
  EXPECT_EQ(loaded.config.hec.endpoints, std::vector<std::string>{"https://file"});
  EXPECT_EQ(loaded.config.hec.token, (TokenSource{"", "f", "", ""}));
  EXPECT_EQ(loaded.config.log_groups.pattern, "");
}

TEST(ConfigEnvironment, does_not_repair_what_is_wrong_in_the_file) {
  const ConfigLoad loaded = load_config(
      "hec: {endpoints: [nonsense], token: plain}\n",
      environment_of({{"SPLUNK_HEC_URL", "https://env"}, {"SPLUNK_HEC_TOKEN", "t"}}), {});
  EXPECT_EQ(loaded.problems.size(), 2u);
  EXPECT_TRUE(loaded.config.hec.endpoints.empty());
  EXPECT_TRUE(loaded.config.hec.token.empty());
}

TEST(ConfigEnvironment, names_the_variable_of_a_bad_value_behind_the_problems_of_the_file) {
  const ConfigLoad loaded =
      load_config("hec: {ack: 3}\n",
                  environment_of({{"SPLUNK_HEC_URL", "https://a,https://user:hunter2@b"},
                                  {"SECRET_MANAGER_ITEM_NAME", "a\nb"},
                                  {"ENVIRONMENT", "x\ty"}}),
                  {});
  const std::string problems = format_problems("f", loaded.problems);
  EXPECT_EQ(problems,
            "f:1:12: hec.ack must be true or false\n"
            "f: SPLUNK_HEC_URL: must not hold a user or password; the token goes into hec.token "
            "(environment variable)\n"
            "f: SECRET_MANAGER_ITEM_NAME: must be a single line of UTF-8, at most 65536 bytes "
            "(environment variable)\n"
            "f: ENVIRONMENT: must be a single line of UTF-8, at most 65536 bytes "
            "(environment variable)\n");
}

TEST(ConfigEnvironment, is_as_strict_with_a_list_of_endpoints_as_the_file) {
  const ConfigLoad twice =
      load_config("", environment_of({{"SPLUNK_HEC_URL", "https://a,https://b,https://a"}}), {});
  EXPECT_EQ(format_problems("f", twice.problems),
            "f: SPLUNK_HEC_URL: must not hold an endpoint twice (environment variable)\n");
  std::string many = "https://h0";
  for (int i = 1; i <= 64; ++i) many += ",https://h" + std::to_string(i);
  const ConfigLoad too_many = load_config("", environment_of({{"SPLUNK_HEC_URL", many}}), {});
  EXPECT_EQ(format_problems("f", too_many.problems),
            "f: SPLUNK_HEC_URL: holds more than 64 URLs (environment variable)\n");
}

// What is in force is printed as YAML, which is UTF-8.
TEST(ConfigEnvironment, refuses_a_variable_that_is_not_utf8) {
  const ConfigLoad loaded =
      load_config("", environment_of({{"SECRET_MANAGER_ITEM_NAME", "item\x94"}}), {});
  EXPECT_EQ(format_problems("f", loaded.problems),
            "f: SECRET_MANAGER_ITEM_NAME: must be a single line of UTF-8, at most 65536 bytes "
            "(environment variable)\n");
}

TEST(ConfigEnvironment, names_the_variable_when_its_pattern_is_broken) {
  const auto complain = [](const Config& config, std::vector<ConfigProblem>& problems) {
    const Position at = config.log_groups.pattern_at;
    problems.push_back({at.line, at.column, "missing )"});
  };
  const ConfigLoad from_variable =
      default_config(environment_of({{"LOG_GROUP_NAME_REGEX", "("}}), complain);
  EXPECT_EQ(format_problems("", from_variable.problems), "LOG_GROUP_NAME_REGEX: missing )\n");
  const ConfigLoad from_file = load_config("log_groups: {pattern: '('}\n", {}, complain);
  EXPECT_EQ(format_problems("f", from_file.problems), "f:1:23: missing )\n");
}

TEST(ConfigEnvironment, of_this_process_knows_unset_and_empty_variables_as_absent) {
  const Environment environment = process_environment();
  EXPECT_EQ(environment("HECATE_TEST_VARIABLE_THAT_NOBODY_SETS"), std::nullopt);
  EXPECT_TRUE(environment("PATH").has_value());
}

}  // namespace
}  // namespace hecate
