// yaml_tree: builds the tree from the events of yaml-cpp.
//
// Events, not the library's own tree: they tell anchors from copies, which lets aliases be bounded
// before they grow, and show quoted scalars as what they are. The library limits the depth of
// nesting by itself (an exception); this builder has a lower limit of its own.
#include "pipeline/yaml_tree.h"

#include <exception>
#include <map>
#include <sstream>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "pipeline/json_text.h"
#include "pipeline/limits.h"

namespace hecate {
namespace {

/// The library writes the escapes \N and \_ (U+0085 and U+00A0) as single bytes. The file is UTF-8,
/// so every byte of a scalar that is not can only be one of these.
std::string mended(const std::string& scalar) {
  std::string out;
  for (std::string_view rest = scalar; !rest.empty();) {
    const Utf8Sequence next = utf8_sequence(rest);
    if (!next.valid) out += '\xc2';
    out += rest.substr(0, next.size);
    rest.remove_prefix(next.size);
  }
  return out;
}

/// Room for rules_max rules with every key set. Some 40 MiB of tree at most; the library's scanner
/// comes on top and keeps in step with the size of the file, which is bounded too.
constexpr std::size_t nodes_max = 40 * limits::rules_max;
constexpr std::size_t text_bytes_max = 2 * limits::config_bytes_max;
constexpr std::size_t depth_max = 64;

Position position_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

struct TreeSize {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
};

void add_size(const YamlNode& node, TreeSize& size) {
  ++size.nodes;
  size.bytes += node.text.size();
  for (const YamlNode& item : node.items) add_size(item, size);
}

/// Appends the pairs of `from` whose keys are not in `seen` yet.
void merge_pairs(YamlNode&& from, std::unordered_set<std::string>& seen,
                 std::vector<YamlNode>& out) {
  for (std::size_t i = 0; i + 1 < from.items.size(); i += 2) {
    if (!seen.insert(from.items[i].text).second) continue;
    out.push_back(std::move(from.items[i]));
    out.push_back(std::move(from.items[i + 1]));
  }
}

/// What stands behind `<<`: a map, or a list of maps of which earlier ones win.
void merge_value(YamlNode&& value, std::unordered_set<std::string>& seen,
                 std::vector<YamlNode>& out, ProblemList& problems) {
  if (value.kind == YamlNode::Kind::map) return merge_pairs(std::move(value), seen, out);
  bool good = value.kind == YamlNode::Kind::list;
  for (YamlNode& item : value.items) {
    if (item.kind == YamlNode::Kind::map)
      merge_pairs(std::move(item), seen, out);
    else
      good = false;
  }
  if (!good) problems.add(value.at, "'<<' merges a map or a list of maps");
}

bool is_merge_key(const YamlNode& key) {
  return key.kind == YamlNode::Kind::scalar && key.plain && key.text == "<<";
}

/// Replaces `<<: *a` and `<<: [*a, *b]` by the pairs they stand for; keys written in `map` win.
void expand_merge_keys(YamlNode& map, ProblemList& problems) {
  bool any = false;
  for (std::size_t i = 0; i < map.items.size(); i += 2) any |= is_merge_key(map.items[i]);
  if (!any) return;
  std::vector<YamlNode> own;
  std::vector<YamlNode> values;
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
    if (is_merge_key(map.items[i])) {
      values.push_back(std::move(map.items[i + 1]));
      continue;
    }
    seen.insert(map.items[i].text);
    own.push_back(std::move(map.items[i]));
    own.push_back(std::move(map.items[i + 1]));
  }
  for (YamlNode& value : values) merge_value(std::move(value), seen, own, problems);
  map.items = std::move(own);
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(ProblemList& problems) : problems_(problems) {}

  /// The tree, unless a bound was met.
  std::optional<YamlNode> take() {
    if (stopped_) return std::nullopt;
    return std::move(root_);
  }

  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(YamlNode::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (stopped_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      stop(position_of(mark), "an alias must not refer to a part that contains it");
      return;
    }
    if (!account(found->second, position_of(mark))) return;
    YamlNode copy = found->second;
    copy.at = position_of(mark);
    place(std::move(copy), YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    YamlNode node = make(YamlNode::Kind::scalar, mark);
    node.plain = tag == "?";
    node.text = mended(value);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override {
    if (!stopped_) expand_merge_keys(open_.back().node, problems_);
    close();
  }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
  };

  static YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.at = position_of(mark);
    return node;
  }

  void stop(Position at, std::string message) {
    problems_.add(at, std::move(message));
    stopped_ = true;
  }

  /// Takes the size of `node` off the bounds; false when they are met.
  bool account(const YamlNode& node, Position at) {
    add_size(node, size_);
    return within_bounds(at);
  }

  bool within_bounds(Position at) {
    if (size_.nodes <= nodes_max && size_.bytes <= text_bytes_max) return true;
    stop(at, fmt::format("the configuration is too large: it may hold {} nodes and {} bytes of "
                         "text, copies by aliases included",
                         nodes_max, text_bytes_max));
    return false;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    const bool usual = tag.empty() || tag == "?" || tag == "!" ||
                       std::string_view(tag).starts_with("tag:yaml.org,2002:");
    if (!usual && !stopped_)
      problems_.add(position_of(mark), "YAML tags (!name) have no meaning here");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    if (stopped_) return;
    check_tag(mark, tag);
    if (open_.size() == depth_max) {
      stop(position_of(mark), fmt::format("nested more than {} levels deep", depth_max));
      return;
    }
    open_.push_back({make(kind, mark), anchor});
  }

  void close() {
    if (stopped_) return;
    Open done = std::move(open_.back());
    open_.pop_back();
    ++size_.nodes;  // its items are accounted for already
    if (within_bounds(done.node.at)) place(std::move(done.node), done.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (stopped_ || !account(node, node.at)) return;
    place(std::move(node), anchor);
  }

  void place(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      if (!account(node, node.at)) return;
      anchors_.insert_or_assign(anchor, node);
    }
    if (open_.empty())
      root_ = std::move(node);
    else
      open_.back().node.items.push_back(std::move(node));
  }

  ProblemList& problems_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  TreeSize size_;
  bool stopped_ = false;
};

/// Notes where a second document begins; otherwise deaf.
class SecondDocument final : public YAML::EventHandler {
 public:
  [[nodiscard]] Position at() const noexcept { return at_; }

  void OnDocumentStart(const YAML::Mark& mark) override { at_ = position_of(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  Position at_;
};

/// What is wrong with the character that `text` begins with; nothing when it may stay. The library
/// takes some control characters as the end of the file, and passes broken UTF-8 through.
const char* character_fault(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') {
    return "a control character; write it as an escape in double quotes";
  }
  return utf8_sequence_length(text) == 0 ? "not UTF-8; save the file as UTF-8" : nullptr;
}

bool check_characters(std::string_view text, ProblemList& problems) {
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size(); ++at.column) {
    if (const char* fault = character_fault(text.substr(i)); fault != nullptr) {
      problems.add(at, fault);
      return false;
    }
    if (text[i] == '\n') at = {at.line + 1, 0};
    i += utf8_sequence_length(text.substr(i));
  }
  return true;
}

}  // namespace

std::optional<YamlNode> parse_yaml(std::string_view text, ProblemList& problems) {
  if (text.size() > limits::config_bytes_max) {
    problems.add({}, fmt::format("{} bytes are too many for a configuration; at most {} are read",
                                 text.size(), limits::config_bytes_max));
    return std::nullopt;
  }
  if (!check_characters(text, problems)) return std::nullopt;
  TreeBuilder builder(problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (SecondDocument second; parser.HandleNextDocument(second)) {
      problems.add(second.at(), "a second YAML document begins here; one file holds one");
      return std::nullopt;
    }
  } catch (const YAML::Exception& error) {
    if (!builder.stopped()) {
      problems.add(position_of(error.mark), fmt::format("this is not valid YAML: {}", error.msg));
    }
    return std::nullopt;
  } catch (const std::exception& error) {
    problems.add({}, fmt::format("the YAML could not be read: {}", error.what()));
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace hecate
