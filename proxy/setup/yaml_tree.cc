#include "proxy/setup/yaml_tree.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "policy/reasons/reason.h"
#include "proxy/setup/server_facts.h"

namespace portcullis::setup {
namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostNodes = 50'000;

struct Event {
  yaml_event_t raw{};
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw); }
};

class TreeBuilder {
 public:
  explicit TreeBuilder(std::string_view text) {
    is_ready_ = yaml_parser_initialize(&parser_) == 1;
    if (is_ready_)
      yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                   text.size());
  }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;
  ~TreeBuilder() {
    if (is_ready_) yaml_parser_delete(&parser_);
  }

  Result<YamlNode> build() {
    if (!is_ready_) return fail("no memory to read it");
    std::vector<YamlNode> open;  // maps hold their keys and values in `items` until they end
    std::optional<YamlNode> root;
    const auto add = [&](YamlNode node) {
      if (!open.empty())
        open.back().items.push_back(std::move(node));
      else if (!root)
        root = std::move(node);
    };
    while (true) {
      Event event;
      if (yaml_parser_parse(&parser_, &event.raw) != 1) return syntax_fault();
      switch (event.raw.type) {
        case YAML_STREAM_END_EVENT:
          if (!root) return fail("it is empty");
          root->unusual = std::move(unusual_);
          return std::move(*root);
        case YAML_DOCUMENT_START_EVENT:
          if (root) note("a second document", event.raw);
          break;
        case YAML_DOCUMENT_END_EVENT:
          if (event.raw.data.document_end.implicit == 0) note("the end of a document", event.raw);
          break;
        case YAML_SCALAR_EVENT:
        case YAML_ALIAS_EVENT:
          if (++nodes_ > kMostNodes) return fail("it holds too much to be a configuration");
          note_marks(event.raw);
          add(leaf_of(event.raw));
          break;
        case YAML_MAPPING_START_EVENT:
        case YAML_SEQUENCE_START_EVENT:
          if (++nodes_ > kMostNodes) return fail("it holds too much to be a configuration");
          if (open.size() >= kMostDepth)
            return fail(fmt::format("line {}: it is nested too deeply to be a configuration",
                                    event.raw.start_mark.line + 1));
          note_marks(event.raw);
          open.push_back(collection_of(event.raw));
          break;
        case YAML_MAPPING_END_EVENT:
        case YAML_SEQUENCE_END_EVENT: {
          auto done = finished(std::move(open.back()), event.raw);
          open.pop_back();
          add(std::move(done));
          break;
        }
        default:
          break;
      }
    }
  }

 private:
  tl::unexpected<Error> syntax_fault() const {
    return fail(fmt::format(
        "line {}: {}", parser_.problem_mark.line + 1,
        parser_.problem == nullptr ? "it is no YAML" : policy::printable(parser_.problem)));
  }

  void note(std::string_view what, const yaml_event_t& event) {
    if (unusual_.empty()) unusual_ = fmt::format("{} in line {}", what, event.start_mark.line + 1);
  }

  void note_marks(const yaml_event_t& event) {
    const auto& data = event.data;
    const auto one = [&](const yaml_char_t* anchor, const yaml_char_t* tag) {
      if (anchor != nullptr) note("an anchor", event);
      if (tag != nullptr) note("a tag", event);
    };
    if (event.type == YAML_ALIAS_EVENT) note("an alias", event);
    if (event.type == YAML_SCALAR_EVENT) one(data.scalar.anchor, data.scalar.tag);
    if (event.type == YAML_MAPPING_START_EVENT)
      one(data.mapping_start.anchor, data.mapping_start.tag);
    if (event.type == YAML_SEQUENCE_START_EVENT)
      one(data.sequence_start.anchor, data.sequence_start.tag);
  }

  static YamlNode leaf_of(const yaml_event_t& event) {
    YamlNode node;
    node.first_line = event.start_mark.line;
    node.column = event.start_mark.column;
    node.last_line = std::max(event.start_mark.line, event.end_mark.line);
    if (event.type == YAML_ALIAS_EVENT) {
      node.kind = YamlNode::Kind::kAlias;
      return node;
    }
    node.is_absent = event.start_mark.index == event.end_mark.index;
    const auto& scalar = event.data.scalar;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    // A block of text ends where the next thing begins.
    const bool is_block =
        scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE;
    if (is_block && event.end_mark.column == 0 && node.last_line > node.first_line)
      --node.last_line;
    return node;
  }

  static YamlNode collection_of(const yaml_event_t& event) {
    YamlNode node;
    const bool is_map = event.type == YAML_MAPPING_START_EVENT;
    node.kind = is_map ? YamlNode::Kind::kMap : YamlNode::Kind::kList;
    node.is_block = is_map ? event.data.mapping_start.style != YAML_FLOW_MAPPING_STYLE
                           : event.data.sequence_start.style != YAML_FLOW_SEQUENCE_STYLE;
    node.first_line = event.start_mark.line;
    node.last_line = event.start_mark.line;
    node.column = event.start_mark.column;
    return node;
  }

  // Where a value is not written, its place is that of what follows, however far away.
  static YamlPair pair_of(YamlNode key, YamlNode value) {
    if (value.is_absent) value.first_line = value.last_line = key.last_line;
    return {std::move(key), std::move(value)};
  }

  static YamlNode finished(YamlNode node, const yaml_event_t& event) {
    if (!node.is_block) node.last_line = event.end_mark.line;
    for (const auto& item : node.items)
      if (node.kind == YamlNode::Kind::kList || !item.is_absent)
        node.last_line = std::max(node.last_line, item.last_line);
    if (node.kind != YamlNode::Kind::kMap) return node;
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2)
      node.pairs.push_back(pair_of(std::move(node.items[i]), std::move(node.items[i + 1])));
    node.items.clear();
    return node;
  }

  yaml_parser_t parser_{};
  bool is_ready_ = false;
  std::size_t nodes_ = 0;
  std::string unusual_;
};

}  // namespace

const YamlPair* YamlNode::find_pair(std::string_view key) const {
  const auto found = std::find_if(pairs.rbegin(), pairs.rend(), [&](const auto& pair) {
    return pair.first.is_scalar() && pair.first.text == key;
  });
  return found == pairs.rend() ? nullptr : &*found;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto* const pair = find_pair(key);
  return pair == nullptr ? nullptr : &pair->second;
}

std::string YamlNode::key_written_twice() const {
  std::set<std::string_view> seen;
  for (const auto& pair : pairs)
    if (pair.first.is_scalar() && !seen.insert(pair.first.text).second) return pair.first.text;
  return {};
}

std::string YamlNode::key_written_twice_within() const {
  auto found = key_written_twice();
  for (std::size_t i = 0; i < pairs.size() && found.empty(); ++i)
    found = pairs[i].second.key_written_twice_within();
  for (std::size_t i = 0; i < items.size() && found.empty(); ++i)
    found = items[i].key_written_twice_within();
  return found;
}

Result<YamlNode> parse_yaml(std::string_view text) {
  if (text.size() > kMostConfigOctets) return fail("it is longer than any configuration");
  return TreeBuilder(text).build();
}

}  // namespace portcullis::setup
