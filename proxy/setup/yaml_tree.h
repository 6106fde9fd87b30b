#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace portcullis::setup {

// YAML as a tree that knows its lines (libyaml), so that a file can be changed and stay as it is
// written.
struct YamlPair;
struct YamlNode {
  enum class Kind : std::uint8_t { kScalar, kMap, kList, kAlias };

  Kind kind = Kind::kScalar;
  std::string text;            // of a scalar
  bool is_block = false;       // a map or a list in lines, rather than in {} or []
  std::size_t first_line = 0;  // counted from 0
  std::size_t last_line = 0;   // of what is in it; comments behind it do not count
  std::size_t column = 0;
  bool is_absent = false;  // a scalar of which nothing is written
  std::vector<YamlPair> pairs;
  std::vector<YamlNode> items;
  // Of the whole text, at its root: the first thing in it by which its lines are not what they seem
  // to be, and in which line: an anchor, an alias, a tag, the end of a document. Empty: none.
  std::string unusual;

  // The value of `key` in a map, the last one if there are several; nullptr: there is none.
  const YamlNode* find(std::string_view key) const;
  const YamlPair* find_pair(std::string_view key) const;
  // A key of the map that is written more than once; empty: there is none. ejabberd joins what
  // stands at both places, and find() sees one.
  std::string key_written_twice() const;
  // The same, of this map and of all within it.
  std::string key_written_twice_within() const;
  bool is_scalar() const { return kind == Kind::kScalar; }
};
struct YamlPair {
  YamlNode first;
  YamlNode second;
};

// The first document of a text of at most kMostConfigOctets. Fails, with the line, where the text
// is no YAML, and where it is nested or filled beyond what any configuration is.
Result<YamlNode> parse_yaml(std::string_view text);

}  // namespace portcullis::setup
