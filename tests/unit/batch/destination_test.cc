// What --to may say.
#include "batch/destination.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hecate {
namespace {

using Texts = std::vector<std::string>;

TEST(Destination, is_told_by_its_beginning) {
  const auto kind = [](const std::string& text) { return parse_destination(Texts{text})->kind; };
  EXPECT_EQ(kind("http://127.0.0.1:8088"), DestinationKind::hec);
  EXPECT_EQ(kind("https://splunk.example:8088/services/collector"), DestinationKind::hec);
  EXPECT_EQ(kind("-"), DestinationKind::standard_output);
  EXPECT_EQ(kind("null:"), DestinationKind::null);
  EXPECT_EQ(kind("file:/a:b"), DestinationKind::file);
  EXPECT_EQ(parse_destination(Texts{"file:/a:b"})->path, "/a:b");
}

TEST(Destination, several_work_together_only_when_all_are_hec) {
  EXPECT_EQ(parse_destination(Texts{"http://a", "https://b"})->kind, DestinationKind::hec);
  for (const Texts& texts : {Texts{"http://a", "-"}, Texts{"-", "-"}, Texts{"file:a", "file:b"}}) {
    const auto parsed = parse_destination(texts);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::usage);
  }
}

TEST(Destination, nothing_and_nonsense_are_wrong_usage) {
  for (const Texts& texts : {Texts{}, Texts{""}, Texts{"file:"}, Texts{"ftp://a"}, Texts{"/out"}}) {
    const auto parsed = parse_destination(texts);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::usage);
  }
}

}  // namespace
}  // namespace hecate
