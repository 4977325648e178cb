// Walking a tree: what is entered, and what is not.
#include "batch/folder_walk.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::TempFolder;
using Strings = std::vector<std::string>;

Strings walk(const TempFolder& folder, FolderWalk::Options options) {
  FolderWalk walk(folder.path(), std::move(options));
  Strings paths;
  while (std::optional<FolderWalk::Found> found = walk.next()) {
    EXPECT_FALSE(found->error) << found->error->message;
    paths.push_back(found->path.substr(folder.path().size() + 1));
  }
  return paths;
}

TEST(FolderWalk, does_not_enter_a_folder_that_is_not_wanted) {
  const TempFolder folder;
  for (const char* name : {"a/1", "b/1", "b/deep/2", "c/1"}) folder.file(name);
  Strings asked;
  FolderWalk::Options options;
  options.enters = [&](std::string_view path) {
    asked.emplace_back(path.substr(folder.path().size()));
    return !path.ends_with("/b");
  };
  EXPECT_EQ(walk(folder, std::move(options)), (Strings{"a/1", "c/1"}));
  EXPECT_EQ(asked, (Strings{"", "/a", "/b", "/c"})) << "and nothing below it is asked for";
}

TEST(FolderWalk, does_not_look_at_a_file_that_is_not_wanted) {
  const TempFolder folder;
  folder.file("a");
  std::filesystem::create_symlink(folder / "nowhere", folder / "b");
  FolderWalk::Options options;
  options.takes = [](std::string_view path) { return path.ends_with("/a"); };
  EXPECT_EQ(walk(folder, std::move(options)), Strings{"a"});
}

TEST(FolderWalk, enters_only_folders_that_a_pattern_can_match_in) {
  const TempFolder folder;
  for (const char* name : {"a/x/1.gz", "a/y/1.gz", "b/x/1.gz"}) folder.file(name);
  FolderWalk::Options options;
  Strings asked;
  options.enters = [&](std::string_view path) {
    asked.emplace_back(path.substr(folder.path().size()));
    return true;
  };
  options.pattern = *Glob::compile(folder / "a/[x]/*");
  EXPECT_EQ(walk(folder, std::move(options)), Strings{"a/x/1.gz"});
  EXPECT_EQ(asked, (Strings{"", "/a", "/a/x"}));
}

TEST(FolderWalk, is_empty_for_an_empty_folder) {
  const TempFolder folder;
  EXPECT_EQ(walk(folder, {}), Strings{});
}

}  // namespace
}  // namespace hecate
