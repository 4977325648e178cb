// The same command must find the same checkpoint, from wherever it is started.
#include "batch/checkpoint_path.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace hecate {
namespace {

using Strings = std::vector<std::string>;

Environment environment(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

TEST(CheckpointPath, does_not_depend_on_the_current_folder_or_the_order_of_sources) {
  const Strings destination{"http://splunk:8088"};
  const CheckpointJob a =
      checkpoint_job(Strings{"logs/", "../x/*.gz", "@list", "-", "s3://b/p"}, destination, "/data");
  const CheckpointJob b =
      checkpoint_job(Strings{"s3://b/p", "./x/*.gz", "@data/list", "data/logs", "-", "/data/logs"},
                     destination, "/");
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.sources, "-\n/data/logs\n/x/*.gz\n@/data/list\ns3://b/p");
}

TEST(CheckpointPath, spells_destinations_in_one_way_and_without_credentials) {
  const auto destination = [](const char* text) {
    return checkpoint_job(Strings{}, Strings{text}, "/w").destination;
  };
  EXPECT_EQ(destination("HTTP://Splunk:8088"), "http://splunk:8088/services/collector/event");
  EXPECT_EQ(destination("http://splunk:8088/"), "http://splunk:8088/services/collector/event");
  EXPECT_EQ(destination("https://user:p@ss@h/Path"), "https://h/Path");
  EXPECT_EQ(destination("file:out.ndjson"), "file:/w/out.ndjson");
  EXPECT_EQ(destination("null:"), "null:");
  EXPECT_EQ(destination("-"), "-");
}

TEST(CheckpointPath, lies_in_the_xdg_state_folder) {
  const CheckpointJob job{"/a", "null:"};
  const auto home = default_checkpoint_path(environment({{"HOME", "/home/u"}}), job);
  ASSERT_TRUE(home);
  EXPECT_TRUE(home->starts_with("/home/u/.local/state/hecate/")) << *home;
  EXPECT_TRUE(home->ends_with(".checkpoint"));
  EXPECT_EQ(home->size(), std::string("/home/u/.local/state/hecate/.checkpoint").size() + 16);
  const auto xdg = default_checkpoint_path(
      environment({{"HOME", "/home/u"}, {"XDG_STATE_HOME", "/state"}}), job);
  ASSERT_TRUE(xdg);
  EXPECT_TRUE(xdg->starts_with("/state/hecate/"));
  const auto relative =
      default_checkpoint_path(environment({{"HOME", "/home/u"}, {"XDG_STATE_HOME", "state"}}), job);
  ASSERT_TRUE(relative);
  EXPECT_EQ(*relative, *home);
  const auto none = default_checkpoint_path(environment({}), job);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::usage);
}

TEST(CheckpointPath, differs_by_source_destination_and_shard) {
  const Environment home = environment({{"HOME", "/h"}});
  const auto path = [&](const CheckpointJob& job, std::string_view shard = {}) {
    return default_checkpoint_path(home, job, shard).value();
  };
  const CheckpointJob job{"/a", "null:"};
  EXPECT_EQ(path(job), path(CheckpointJob{"/a", "null:"}));
  EXPECT_NE(path(job), path(CheckpointJob{"/b", "null:"}));
  EXPECT_NE(path(job), path(CheckpointJob{"/a", "-"}));
  EXPECT_NE(path(job, "0/2"), path(job));
  EXPECT_NE(path(job, "0/2"), path(job, "1/2"));
}

}  // namespace
}  // namespace hecate
