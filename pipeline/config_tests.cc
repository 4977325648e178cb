// config_tests: the tests that users write into their configuration.
//
// Only their shape is read here; running them takes the whole chain and happens elsewhere.
#include <fmt/format.h>

#include "pipeline/config_schema.h"

namespace hecate {
namespace {

/// Copies a text into `out`, when it is there.
void copy_text(MapReader& reader, std::string_view key, std::map<std::string, std::string>& out) {
  std::string value;
  if (reader.text(key, value)) out.emplace(key, std::move(value));
}

void read_input(MapReader& test, ConfigTest& out) {
  const YamlNode* node = test.find("input");
  if (node == nullptr) {
    test.problem("input", "is missing");
    return;
  }
  MapReader reader(*node, "input", test.problems());
  for (const std::string_view key : {"log_group", "log_stream", "owner", "message"}) {
    copy_text(reader, key, out.input);
  }
  if (reader.find("message") == nullptr) reader.problem("message", "is missing");
}

/// Like copy_text(), but a key without a value means: expect none.
void read_expected(MapReader& reader, std::string_view key, ConfigTest& out) {
  const YamlNode* node = reader.find(key);
  if (node != nullptr && node->kind == YamlNode::Kind::null)
    out.expect.emplace(key, "");
  else
    copy_text(reader, key, out.expect);
}

void read_expected_fields(MapReader& expect, ConfigTest& out) {
  const YamlNode* node = expect.find("fields");
  if (node == nullptr) return;
  for (const YamlPair& pair : unique_pairs(*node, "expect.fields", expect.problems())) {
    const YamlNode& value = *pair.value;
    if (value.kind == YamlNode::Kind::list || value.kind == YamlNode::Kind::map) {
      expect.problems().add(value.at, "expect.fields is flat: each of its values is a single text");
    } else {
      out.expect.emplace("fields." + pair.key->text, value.text);
    }
  }
}

void read_expect(MapReader& test, ConfigTest& out) {
  const YamlNode* node = test.find("expect");
  if (node == nullptr) {
    test.problem("expect", "is missing");
    return;
  }
  MapReader reader(*node, "expect", test.problems());
  for (const std::string_view key : {"rule", "index", "sourcetype", "source", "host", "severity"}) {
    read_expected(reader, key, out);
  }
  read_expected_fields(reader, out);
  RuleAction action = RuleAction::keep;
  if (reader.choice("action", rule_action_names, action)) {
    out.expect.emplace("action", name_of(rule_action_names, action));
  }
  const bool is_empty = node->kind == YamlNode::Kind::null || node->items.empty();
  if (is_empty) test.problem("expect", "must expect something");
}

}  // namespace

void read_tests(MapReader& root, std::vector<ConfigTest>& tests) {
  for (const YamlNode& item : root.list("tests")) {
    MapReader reader(item, "test", root.problems());
    ConfigTest test;
    test.line = item.at.line;
    if (reader.find("name") == nullptr)
      reader.problem("name", "is missing");
    else
      reader.name("name", test.name);
    read_input(reader, test);
    read_expect(reader, test);
    tests.push_back(std::move(test));
  }
}

}  // namespace hecate
