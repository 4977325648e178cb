// Patterns for paths: one table says what matches, another which folders are worth entering.
#include "batch/glob.h"

#include <string>

#include <gtest/gtest.h>

namespace hecate {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(Glob, matches_what_the_table_says) {
  const Case cases[] = {
      {"/a/b.gz", "/a/b.gz", true},
      {"/a/b.gz", "/a/b.gzz", false},
      {"/a/*.gz", "/a/b.gz", true},
      {"/a/*.gz", "/a/.gz", true},
      {"/a/*.gz", "/a/c/b.gz", false},
      {"/a/*/b.gz", "/a/c/b.gz", true},
      {"/a/?.gz", "/a/b.gz", true},
      {"/a/?.gz", "/a/bb.gz", false},
      {"/a/?.gz", "/a/\xc3\xa4.gz", true},
      {"/a/??.gz", "/a/\xc3\xa4.gz", false},
      {"/a/[bc].gz", "/a/c.gz", true},
      {"/a/[!bc].gz", "/a/c.gz", false},
      {"/a/[^bc].gz", "/a/d.gz", true},
      {"/a/[a-cx].gz", "/a/x.gz", true},
      {"/a/[a-cx].gz", "/a/d.gz", false},
      {"/a/[]].gz", "/a/].gz", true},
      {"/a/[!]].gz", "/a/].gz", false},
      {"/a/[a-].gz", "/a/-.gz", true},
      {"/a/[!a].gz", "/a/\xc3\xa4.gz", true},
      {"/a/[a].gz", "/a/\xc3\xa4.gz", false},
      {"/a/[\\]b].gz", "/a/b.gz", true},
      {"/a/\\*.gz", "/a/*.gz", true},
      {"/a/\\*.gz", "/a/b.gz", false},
      {"/a/**/b.gz", "/a/b.gz", true},
      {"/a/**/b.gz", "/a/c/b.gz", true},
      {"/a/**/b.gz", "/a/c/d/e/b.gz", true},
      {"/a/**/b.gz", "/c/b.gz", false},
      {"/a/**", "/a/b", true},
      {"/a/**", "/a/b/c", true},
      {"/a/**", "/a", false},
      {"/a/", "/a/b/c", true},
      {"/a/", "/ab/c", false},
      {"/**/c/**/f", "/a/b/c/d/e/f", true},
      {"/**/c/**/f", "/a/b/d/e/f", false},
      {"/a**b", "/axyb", true},
      {"/a**b", "/ax/yb", false},
      {"*.gz", "/deep/down/a.gz", true},
      {"*.gz", "/deep/down/a.gz.txt", false},
      {"prod/*.gz", "/x/prod/a.gz", true},
      {"prod/*.gz", "/x/prod/y/a.gz", false},
      {"prod/*.gz", "/x/notprod/a.gz", false},
      {"tmp/", "/x/tmp/y/z", true},
      {"tmp/", "/x/tmp", false},
      {"**/tmp/*", "/tmp/z", true},
      {"s3://bucket/a/*", "s3://bucket/a/b", true},
      {"s3://bucket/a/*", "s3://bucket/b/a/b", false},
      {"a/*.gz", "s3://bucket/x/a/b.gz", true},
      {"/*a*b*c*", "/xxaxxbxxcxx", true},
      {"/*a*b*c*", "/xxaxxcxxbxx", false},
      {"/*ab", "/aab", true},
      {"/*", "/", false},
  };
  for (const Case& c : cases) {
    const Result<Glob> glob = Glob::compile(c.pattern);
    ASSERT_TRUE(glob) << c.pattern << ": " << glob.error().message;
    EXPECT_EQ(glob->matches(c.path), c.matches) << c.pattern << " against " << c.path;
  }
}

TEST(Glob, enters_only_folders_that_can_hold_a_match) {
  const Case cases[] = {
      {"/a/*/c.gz", "/a", true},      {"/a/*/c.gz", "/", true},      {"/a/*/c.gz", "/a/x", true},
      {"/a/*/c.gz", "/a/x/y", false}, {"/a/*/c.gz", "/b", false},    {"/a/**/c.gz", "/a/x/y", true},
      {"*.gz", "/any/where", true},   {"/a/b.gz", "/a/b.gz", false},
  };
  for (const Case& c : cases) {
    const Result<Glob> glob = Glob::compile(c.pattern);
    ASSERT_TRUE(glob);
    EXPECT_EQ(glob->may_match_below(c.path), c.matches) << c.pattern << " below " << c.path;
  }
}

TEST(Glob, knows_the_folder_all_matches_lie_in) {
  EXPECT_EQ(Glob::compile("/a/b/*.gz")->literal_folder(), "/a/b");
  EXPECT_EQ(Glob::compile("/*/b")->literal_folder(), "/");
  EXPECT_EQ(Glob::compile("/a\\*b/c?")->literal_folder(), "/a*b");
  EXPECT_EQ(Glob::compile("*.gz")->literal_folder(), "/");
}

TEST(Glob, refuses_what_it_cannot_read) {
  for (const char* pattern : {"/a/[bc", "/a/[", "/a/[!", "[a/b]", "/a/[\xc3\xa4]"}) {
    const Result<Glob> glob = Glob::compile(pattern);
    ASSERT_FALSE(glob) << pattern;
    EXPECT_EQ(glob.error().code, Errc::usage);
    EXPECT_NE(glob.error().message.find(pattern), std::string::npos) << glob.error().message;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "/a";
  EXPECT_FALSE(Glob::compile(deep));
}

TEST(Glob, an_escaped_name_matches_itself_and_nothing_else) {
  const std::string name = "/odd[1]*?\\x";
  const Result<Glob> glob = Glob::compile(escaped_for_glob(name));
  ASSERT_TRUE(glob);
  EXPECT_TRUE(glob->matches(name));
  EXPECT_FALSE(glob->matches("/odd1**x"));
  EXPECT_FALSE(has_wildcard(escaped_for_glob(name)));
  EXPECT_TRUE(has_wildcard(name));
}

TEST(Glob, is_not_caught_by_patterns_made_to_take_forever) {
  std::string pattern = "/";
  for (int i = 0; i < 50; ++i) pattern += "a*";
  pattern += "b";
  const std::string path = "/" + std::string(4000, 'a');
  EXPECT_FALSE(Glob::compile(pattern)->matches(path));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "/a";
  std::string many = "/";
  for (int i = 0; i < 30; ++i) many += "**/a/";
  EXPECT_FALSE(Glob::compile(many + "b")->matches(deep));
}

}  // namespace
}  // namespace hecate
