// Tokens from the environment, files and secrets; and which are refused before use.
#include "stages/token.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "stages/token_cache.h"
#include "tests/support/hec_sink_fixture.h"

namespace hecate {
namespace {

Environment environment_of(std::string name, std::string value) {
  return [name = std::move(name),
          value = std::move(value)](std::string_view asked) -> std::optional<std::string> {
    if (asked != name) return std::nullopt;
    return value;
  };
}

TokenSource from_env(std::string name) {
  TokenSource source;
  source.env = std::move(name);
  return source;
}

TEST(ConfiguredToken, comes_from_the_environment_without_white_space_at_its_ends) {
  ConfiguredToken token(from_env("T"), environment_of("T", " abc-123\r\n"));
  const Result<Secret> got = token.token(false);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->reveal(), "abc-123");
}

TEST(ConfiguredToken, comes_from_a_file_that_is_read_anew_each_time) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("token_test_" + std::to_string(::getpid()));
  TokenSource source;
  source.file = path;
  ConfiguredToken token(source, environment_of("", ""));
  std::ofstream(path) << "first\n";
  EXPECT_EQ(token.token(false)->reveal(), "first");
  std::ofstream(path) << "second\n";
  EXPECT_EQ(token.token(true)->reveal(), "second");
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_EQ(token.token(true).error().code, Errc::usage);
  std::filesystem::remove(path);
  const Result<Secret> gone = token.token(true);
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find(path), std::string::npos);
}

TEST(ConfiguredToken, refuses_what_cannot_be_a_token_without_repeating_it) {
  for (const std::string bad :
       {"", "  \n", "two words", "line\nbreak", "nul\x01", "caf\xc3\xa9", "Splunk abc-123"}) {
    ConfiguredToken token(from_env("T"), environment_of("T", bad));
    const Result<Secret> got = token.token(false);
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error().code, Errc::usage);
    if (bad.size() > 3) {
      EXPECT_EQ(got.error().message.find(bad), std::string::npos);
    }
  }
  ConfiguredToken unset(from_env("OTHER"), environment_of("T", "x"));
  EXPECT_EQ(unset.token(false).error().code, Errc::usage);
  ConfiguredToken nothing({}, environment_of("T", "x"));
  EXPECT_EQ(nothing.token(false).error().code, Errc::usage);
}

TEST(ConfiguredToken, comes_from_a_secret_through_the_resolver_only) {
  TokenSource source;
  source.secret = "prod/splunk";
  source.key = "SPLUNK_HEC_TOKEN";
  ConfiguredToken without(source, environment_of("", ""));
  EXPECT_EQ(without.token(false).error().code, Errc::usage);
  ConfiguredToken with(source, environment_of("", ""),
                       [](const std::string& item, const std::string& key, bool fresh) {
                         return Result<Secret>(Secret(item + key + (fresh ? "1" : "0") + "\n"));
                       });
  EXPECT_EQ(with.token(true)->reveal(), "prod/splunkSPLUNK_HEC_TOKEN1");
}

TEST(TokenCache, fetches_anew_once_for_all_who_noticed_and_not_again_at_once) {
  ListedTokens tokens({"a", "b", "c"});
  ManualClock clock;
  TokenCache cache(tokens, clock);
  const auto first = *cache.current();
  EXPECT_EQ(first.authorization, "Splunk a");
  EXPECT_TRUE(cache.renew(first.generation));
  EXPECT_TRUE(cache.renew(first.generation));  // somebody else noticed too
  EXPECT_EQ(tokens.fetched_anew, 1);
  const auto second = *cache.current();
  EXPECT_EQ(second.authorization, "Splunk b");
  EXPECT_EQ(cache.renew(second.generation).error().code, Errc::auth);
  EXPECT_EQ(tokens.fetched_anew, 1);
  clock.advance(TokenCache::renewal_interval);
  EXPECT_TRUE(cache.renew(second.generation));
  EXPECT_EQ(cache.current()->authorization, "Splunk c");
}

TEST(TokenCache, the_same_token_again_is_no_help) {
  ListedTokens tokens({"a"});
  ManualClock clock;
  TokenCache cache(tokens, clock);
  EXPECT_EQ(cache.renew(cache.current()->generation).error().code, Errc::auth);
}

}  // namespace
}  // namespace hecate
