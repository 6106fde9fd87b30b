#include "proxy/setup/guide.h"

#include <algorithm>

#include "proxy/setup/embedded.h"
#include "proxy/setup/text_lines.h"

namespace portcullis::setup {
namespace {

std::size_t indentation(std::string_view line) {
  const auto at = line.find_first_not_of(' ');
  return at == std::string_view::npos ? 0 : at;
}

// "| `key` (more) | `value` |" to key and value; both empty for any other line.
std::pair<std::string, std::string> row_of(std::string_view line) {
  std::vector<std::string> quoted;
  while (true) {
    const auto begin = line.find('`');
    if (begin == std::string_view::npos) break;
    const auto end = line.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    quoted.emplace_back(line.substr(begin + 1, end - begin - 1));
    line.remove_prefix(end + 1);
  }
  if (quoted.size() < 2) return {};
  return {quoted.front(), quoted.back()};
}

}  // namespace

std::string_view guide(policy::BackendKind kind) {
  switch (kind) {
    case policy::BackendKind::kProsody:
      return kProsodyGuide;
    case policy::BackendKind::kEjabberd:
      return kEjabberdGuide;
    case policy::BackendKind::kOpenfire:
      return kOpenfireGuide;
    case policy::BackendKind::kJabberd2:
    case policy::BackendKind::kOther:
      return kOtherGuide;
  }
  return {};
}

std::string block_of(std::string_view page, std::string_view name) {
  const std::string mark = "<!-- file: " + std::string(name) + " -->";
  std::string block;
  bool found = false;
  bool inside = false;
  std::size_t indent = 0;
  for (const auto& line : lines_of(page)) {
    const auto bare = std::string_view(line).substr(indentation(line));
    if (!found) {
      found = bare == mark;
    } else if (!inside) {
      inside = bare.substr(0, 3) == "```";
      indent = indentation(line);
    } else if (bare == "```") {
      return block;
    } else {
      block += line.substr(std::min(indent, indentation(line))) + "\n";
    }
  }
  return {};
}

std::string guide_block(policy::BackendKind kind, std::string_view name) {
  return block_of(guide(kind), name);
}

std::vector<std::pair<std::string, std::string>> guide_table(policy::BackendKind kind,
                                                             std::string_view heading) {
  std::vector<std::pair<std::string, std::string>> rows;
  bool found = false;
  for (const auto& line : lines_of(guide(kind))) {
    if (!found) {
      found = line.substr(0, heading.size()) == heading;
      continue;
    }
    if (line.substr(0, 3) == "## ") break;
    const auto bare = std::string_view(line).substr(indentation(line));
    auto row = bare.substr(0, 1) == "|" ? row_of(bare) : std::pair<std::string, std::string>();
    if (!row.first.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::string replaced(std::string text,
                     const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [from, to] : changes) {
    if (from.empty()) continue;
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace portcullis::setup
