// Sources become a sequence of objects: each file once, in the same order every time, whatever lies
// about in the folders.
#include "batch/file_lister.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "batch/file_store.h"
#include "tests/unit/batch/temp_folder.h"

namespace hecate {
namespace {

using test::TempFolder;
using Strings = std::vector<std::string>;
namespace fs = std::filesystem;

struct Listing {
  Strings uris;  // without the folder of the test
  std::vector<Listed> errors;
  Strings notices;
  std::vector<Envelope> objects;
};

Result<Listing> list(const TempFolder& folder, const Strings& sources,
                     const ObjectFilterOptions& filter = {}, RemoteSource remote = {}) {
  Listing listing;
  FileListerOptions options;
  options.filter = *ObjectFilter::compile(filter);
  options.notice = [&](std::string_view text) { listing.notices.emplace_back(text); };
  options.remote = std::move(remote);
  options.working_folder = folder.path();
  auto lister = FileLister::open(sources, std::move(options));
  if (!lister) return fail(std::move(lister.error()));
  for (;;) {
    auto listed = (*lister)->next();
    if (!listed) return fail(std::move(listed.error()));
    if (!*listed) return listing;
    if ((*listed)->error) {
      listing.errors.push_back(**listed);
      continue;
    }
    const std::string& uri = (*listed)->object.uri;
    listing.uris.push_back(
        uri.starts_with(folder.path() + "/") ? uri.substr(folder.path().size() + 1) : uri);
    listing.objects.push_back((*listed)->object);
  }
}

Strings uris(const TempFolder& folder, const Strings& sources,
             const ObjectFilterOptions& filter = {}) {
  auto listing = list(folder, sources, filter);
  EXPECT_TRUE(listing) << listing.error().message;
  return listing ? listing->uris : Strings{};
}

TEST(FileLister, describes_a_file) {
  const TempFolder folder;
  folder.file("group/stream/a.gz", "12345");
  auto listing = list(folder, {"./group/../group/stream//a.gz"});
  ASSERT_TRUE(listing) << listing.error().message;
  ASSERT_EQ(listing->objects.size(), 1U);
  const Envelope& object = listing->objects[0];
  EXPECT_EQ(object.uri, folder / "group/stream/a.gz");
  EXPECT_EQ(object.folder, "stream");
  EXPECT_EQ(object.size_bytes, 5U);
  struct stat info {};
  ASSERT_EQ(::stat(object.uri.c_str(), &info), 0);
  EXPECT_EQ(object.modified_ms, info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000);
  const long long ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  EXPECT_EQ(object.identity, "5-" + std::to_string(ns));
}

TEST(FileLister, sorts_names_bytewise_within_each_folder) {
  const TempFolder folder;
  for (const char* name : {"b/1", "b/10", "b/2", "a.gz", "a/z", "a/Z", "a-b", "B", "\xc3\xa4", "c"})
    folder.file(name);
  EXPECT_EQ(uris(folder, {"."}),
            (Strings{"B", "a/Z", "a/z", "a-b", "a.gz", "b/1", "b/10", "b/2", "c", "\xc3\xa4"}));
}

TEST(FileLister, lists_each_file_once_however_many_sources_lead_to_it) {
  const TempFolder folder;
  folder.file("a/1");
  folder.file("a/2");
  folder.file("b/1");
  EXPECT_EQ(uris(folder, {"b/1", "a/2", "a", "*/1", folder / "a/1", "."}),
            (Strings{"b/1", "a/2", "a/1"}));
}

TEST(FileLister, follows_links_to_files_but_not_to_folders) {
  const TempFolder folder;
  folder.file("real/a");
  fs::create_symlink(folder / "real/a", folder / "link-to-file");
  fs::create_directory_symlink(folder.path(), folder / "real/up");  // a cycle
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  auto listing = list(folder, {"."});
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->uris, (Strings{"link-to-file", "real/a"}));
  ASSERT_EQ(listing->notices.size(), 1U);
  EXPECT_NE(listing->notices[0].find("real/up"), std::string::npos);
  ASSERT_EQ(listing->errors.size(), 1U);
  EXPECT_EQ(listing->errors[0].error->code, Errc::not_found);
  EXPECT_EQ(listing->errors[0].object.uri, folder / "dangling");
  fs::create_directory_symlink(folder / "real", folder / "named");
  EXPECT_EQ(uris(folder, {"named"}), (Strings{"named/a"})) << "a link that is named is followed";
}

TEST(FileLister, skips_pipes_and_sockets_in_folders_with_a_notice) {
  const TempFolder folder;
  folder.file("a");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = folder / "socket";
  ASSERT_LT(name.size(), sizeof address.sun_path);
  std::copy(name.begin(), name.end(), address.sun_path);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  auto listing = list(folder, {"."});
  ::close(socket);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->uris, Strings{"a"});
  EXPECT_EQ(listing->notices.size(), 2U);
  EXPECT_TRUE(listing->errors.empty());
  EXPECT_FALSE(list(folder, {"socket"}));
}

TEST(FileLister, takes_a_pipe_that_is_named_as_a_stream) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  auto listing = list(folder, {"pipe"});
  ASSERT_TRUE(listing) << listing.error().message;
  ASSERT_EQ(listing->objects.size(), 1U);
  EXPECT_TRUE(is_stream(listing->objects[0]));
  auto again = list(folder, {"pipe"});
  EXPECT_NE(again->objects[0].identity, listing->objects[0].identity);
}

TEST(FileLister, lists_standard_input) {
  const TempFolder folder;
  auto listing = list(folder, {"-"});
  ASSERT_TRUE(listing);
  ASSERT_EQ(listing->uris, Strings{"-"});
}

TEST(FileLister, names_a_source_that_is_not_there_before_anything_is_read) {
  const TempFolder folder;
  folder.file("a");
  folder.file("list.txt", "a\nmissing-too\n");
  const std::pair<const char*, const char*> cases[] = {
      {"missing", "no such file or folder"},
      {"a/b", "no such file or folder"},
      {"*.gz", "matches no file"},
      {"nowhere/*/x", "matches no file"},
      {"@none", "cannot read this list"},
      {"@list.txt", "list.txt:2: source 'missing-too'"},
      {"@.", "not a file"},
      {"s3://bucket/x", "only files"},
      {"", "empty"},
      {"[a", "not closed"},
  };
  for (const auto& [source, said] : cases) {
    auto listing = list(folder, {"a", source});
    ASSERT_FALSE(listing) << source;
    EXPECT_EQ(listing.error().code, Errc::usage) << source;
    EXPECT_NE(listing.error().message.find(said), std::string::npos) << listing.error().message;
  }
  EXPECT_FALSE(list(folder, {}));
}

TEST(FileLister, reads_lists_of_sources) {
  const TempFolder folder;
  folder.file("a");
  folder.file("b/1");
  folder.file("b/2");
  folder.file(" blank");
  folder.file("list.txt", "# a comment\n\nb\r\n   \n a\n blank\na\n./b/../a");
  auto bad = list(folder, {"@list.txt"});
  EXPECT_FALSE(bad) << "' a' with its blank is another file, and not there";
  folder.file("list.txt", "# a comment\n\nb\r\n   \n  # another\n blank\na\n./b/../a");
  EXPECT_EQ(uris(folder, {"@list.txt"}), (Strings{"b/1", "b/2", " blank", "a"}));
  folder.file("nested.txt", "@list.txt\n");
  EXPECT_FALSE(list(folder, {"@nested.txt"}));
  folder.file("long.txt", "a\n" + std::string(200'000, 'x') + "\n");
  auto too_long = list(folder, {"@long.txt"});
  ASSERT_FALSE(too_long);
  EXPECT_NE(too_long.error().message.find("line 2"), std::string::npos);
}

TEST(FileLister, expands_patterns) {
  const TempFolder folder;
  for (const char* name :
       {"2024/01/a.gz", "2024/01/a.txt", "2024/02/b.gz", "2023/01/c.gz", "2024/x[1].gz"})
    folder.file(name);
  EXPECT_EQ(uris(folder, {"2024/*/*.gz"}), (Strings{"2024/01/a.gz", "2024/02/b.gz"}));
  EXPECT_EQ(uris(folder, {"**/*.gz"}),
            (Strings{"2023/01/c.gz", "2024/01/a.gz", "2024/02/b.gz", "2024/x[1].gz"}));
  EXPECT_EQ(uris(folder, {"2024/0[12]"}),
            (Strings{"2024/01/a.gz", "2024/01/a.txt", "2024/02/b.gz"}))
      << "a folder that matches is listed with all it holds";
  EXPECT_EQ(uris(folder, {"2024/x[1].gz"}), Strings{"2024/x[1].gz"})
      << "what exists by that name is no pattern";
}

TEST(FileLister, takes_wildcards_in_the_current_folder_as_they_are) {
  const TempFolder folder;
  const std::string odd = folder / "odd[1]*";
  fs::create_directory(odd);
  folder.file("odd[1]*/a.gz");
  folder.file("odd1x/b.gz");
  FileListerOptions options;
  options.working_folder = odd;
  auto lister = FileLister::open(Strings{"*.gz"}, std::move(options));
  ASSERT_TRUE(lister) << lister.error().message;
  EXPECT_EQ((*(*lister)->next())->object.uri, odd + "/a.gz");
  EXPECT_FALSE(*(*lister)->next());
}

TEST(FileLister, applies_filters_and_prunes_folders_by_the_time_in_their_path) {
  const TempFolder folder;
  for (const char* name : {"2023/12/31/a.gz", "2024/01/01/a.gz", "2024/01/01/a.txt",
                           "2024/01/02/a.gz", "2024/02/01/a.gz"})
    folder.file(name);
  // Would be told of, were its folder entered.
  fs::create_symlink(folder / "nowhere", folder / "2023/12/31/dangling");
  fs::create_symlink(folder / "nowhere", folder / "2024/01/02/dangling");
  ObjectFilterOptions filter;
  filter.path_time = "%Y/%m/%d";
  filter.since_ms = 1'704'067'200'000;  // 2024-01-01
  filter.until_ms = *filter.since_ms + 86'400'000;
  filter.exclude = {"*.txt"};
  auto listing = list(folder, {"."}, filter);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->uris, Strings{"2024/01/01/a.gz"});
  EXPECT_TRUE(listing->errors.empty());
}

TEST(FileLister, goes_on_behind_a_folder_it_may_not_read) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every folder";
  const TempFolder folder;
  folder.file("a/1");
  folder.file("b/1");
  folder.file("c/1");
  fs::permissions(folder / "b", fs::perms::none);
  auto listing = list(folder, {"."});
  fs::permissions(folder / "b", fs::perms::owner_all);
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->uris, (Strings{"a/1", "c/1"}));
  ASSERT_EQ(listing->errors.size(), 1U);
  EXPECT_EQ(listing->errors[0].error->code, Errc::denied);
}

TEST(FileLister, goes_on_behind_a_folder_that_vanished) {
  const TempFolder folder;
  for (const char* name : {"a/1", "b/1", "c/1"}) folder.file(name);
  FileListerOptions options;
  options.working_folder = folder.path();
  auto lister = FileLister::open(Strings{"a", "b", "c", "."}, std::move(options));
  ASSERT_TRUE(lister);
  EXPECT_EQ((*(*lister)->next())->object.uri, folder / "a/1");
  fs::remove_all(folder / "b");
  auto gone = (*lister)->next();
  ASSERT_TRUE(gone && *gone && (*gone)->error);
  EXPECT_EQ((*gone)->error->code, Errc::not_found);
  EXPECT_EQ((*(*lister)->next())->object.uri, folder / "c/1");
  EXPECT_FALSE(*(*lister)->next());
}

TEST(FileLister, hands_sources_with_a_scheme_to_somebody_else_in_their_turn) {
  class Two final : public ObjectLister {
   public:
    Result<std::optional<Listed>> next() override {
      if (at_ == 2) return std::optional<Listed>();
      Listed listed;
      listed.object.uri = "s3://b/" + std::to_string(at_++);
      return std::optional<Listed>(listed);
    }

   private:
    int at_ = 0;
  };
  const TempFolder folder;
  folder.file("a");
  folder.file("z");
  ObjectFilterOptions filter;
  filter.exclude = {"s3://b/0"};
  auto listing = list(folder, {"z", "s3://b/", "a"}, filter, [](const std::string& source) {
    EXPECT_EQ(source, "s3://b/");
    return Result<std::unique_ptr<ObjectLister>>(std::make_unique<Two>());
  });
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->uris, (Strings{"z", "s3://b/1", "a"}));
}

TEST(FileLister, the_union_of_all_shards_is_the_whole) {
  const TempFolder folder;
  for (int i = 0; i < 200; ++i) folder.file("f/" + std::to_string(i));
  std::multiset<std::string> all;
  for (std::uint64_t shard = 0; shard < 3; ++shard) {
    ObjectFilterOptions filter;
    filter.shard = shard;
    filter.shards_total = 3;
    for (const std::string& uri : uris(folder, {"."}, filter)) all.insert(uri);
  }
  const Strings whole = uris(folder, {"."});
  EXPECT_EQ(all, std::multiset<std::string>(whole.begin(), whole.end()));
}

// Holds the names, packed, and nothing per file beyond: 20,000 names of 40 bytes are under a
// megabyte, and the heap must not show more than a few of those.
TEST(FileLister, lists_a_folder_of_20000_files_in_order_and_in_little_memory) {
  const TempFolder folder;
  const std::string padding(30, 'n');
  fs::create_directory(folder / "big");
  for (int i = 0; i < 20'000; ++i)
    ASSERT_TRUE(std::ofstream(folder / ("big/" + padding + std::to_string(i))));
  const std::size_t before = ::mallinfo2().uordblks;
  std::size_t most = before;
  FileListerOptions options;
  auto lister = FileLister::open(Strings{folder / "big"}, std::move(options));
  ASSERT_TRUE(lister);
  std::string last;
  int count = 0;
  for (;; ++count) {
    auto listed = (*lister)->next();
    ASSERT_TRUE(listed);
    if (!*listed) break;
    ASSERT_LT(last, (*listed)->object.uri);
    last = (*listed)->object.uri;
    if (count % 1000 == 0) most = std::max<std::size_t>(most, ::mallinfo2().uordblks);
  }
  EXPECT_EQ(count, 20'000);
  EXPECT_LT(most - before, 3U << 20);
}

}  // namespace
}  // namespace hecate
