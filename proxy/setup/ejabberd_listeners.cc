#include "proxy/setup/ejabberd_listeners.h"

#include <algorithm>
#include <array>

#include "policy/reasons/reason.h"
#include "proxy/setup/ejabberd_words.h"
#include "proxy/setup/guide.h"

namespace portcullis::setup {
namespace {

constexpr std::array<std::string_view, 2> kModules{"ejabberd_c2s", "ejabberd_s2s_in"};

// TLS of clients ends at the gate, and what only fits TLS with it.
constexpr std::array<std::string_view, 9> kOnlyWithTls{
    "tls",    "starttls", "starttls_required", "tls_verify", "protocol_options", "ciphers",
    "dhfile", "cafile",   "tls_compression"};
// Matters of the operator, which stay as they are.
constexpr std::array<std::string_view, 3> kStays{"max_stanza_size", "shaper", "access"};

template <class List>
bool is_among(const List& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

std::string module_of(const YamlNode& listener) {
  const auto* const module = listener.find("module");
  return module != nullptr && module->is_scalar() ? module->text : std::string();
}

bool is_direct_tls(const YamlNode& listener) {
  const auto* const tls = listener.find("tls");
  return tls != nullptr && !is_false_for_ejabberd(tls->text);
}

// The line with the dash that an item begins with: that of its first key, or one above it.
std::size_t line_of_dash(const YamlNode& item, const std::vector<std::string>& lines) {
  const auto is_dash_alone = [](const std::string& line) {
    const auto at = line.find_first_not_of(' ');
    if (at == std::string::npos || line[at] != '-') return false;
    const auto behind = line.find_first_not_of(' ', at + 1);
    return behind == std::string::npos || line[behind] == '#';
  };
  const auto& own = lines[item.first_line];
  const auto at = own.find_first_not_of(' ');
  if (at != std::string::npos && at < item.column && own[at] == '-') return item.first_line;
  for (auto line = item.first_line; line-- > 0;)
    if (is_dash_alone(lines[line])) return line;
  return item.first_line;
}

struct Wanted {
  std::string name;
  std::string value;  // as YAML
};

// What the guide has for the listener of a module.
std::vector<Wanted> wanted_of(std::string_view module) {
  std::vector<Wanted> wanted;
  const auto tree = parse_yaml(guide_block(policy::BackendKind::kEjabberd, "ejabberd.yml"));
  const auto* const listen = tree ? tree->find("listen") : nullptr;
  if (listen == nullptr) return wanted;
  for (const auto& item : listen->items)
    if (module_of(item) == module)
      for (const auto& [name, value] : item.pairs)
        wanted.push_back({name.text, name.text == "ip" ? '"' + value.text + '"' : value.text});
  return wanted;
}

class Listener {
 public:
  Listener(const YamlNode& item, const std::vector<std::string>& lines)
      : item_(item), lines_(lines) {}

  std::vector<std::string> changed(std::size_t dash_column) const {
    const auto wanted = wanted_of(module_of(item_));
    std::vector<std::string> result{std::string(dash_column, ' ') + "-"};
    for (const auto& want : wanted)
      if (!is_among(kStays, want.name)) result.push_back(indent() + want.name + ": " + want.value);
    for (const auto& [name, value] : item_.pairs) {
      const bool is_set =
          std::any_of(wanted.begin(), wanted.end(), [&name = name.text](const Wanted& want) {
            return want.name == name && !is_among(kStays, want.name);
          });
      if (!is_set && !is_among(kOnlyWithTls, name.text)) copy(name, value, result);
    }
    return result;
  }

  bool is_as_wanted() const {
    const auto wanted = wanted_of(module_of(item_));
    const bool all_there = std::all_of(wanted.begin(), wanted.end(), [&](const Wanted& want) {
      const auto* const value = item_.find(want.name);
      return is_among(kStays, want.name) ||
             (value != nullptr && value->is_scalar() && is_same(value->text, want.value));
    });
    return all_there && std::none_of(item_.pairs.begin(), item_.pairs.end(), [](const auto& pair) {
             return is_among(kOnlyWithTls, pair.first.text);
           });
  }

 private:
  static bool is_same(const std::string& text, const std::string& wanted) {
    return text == wanted || '"' + text + '"' == wanted;
  }
  std::string indent() const { return std::string(item_.column, ' '); }
  void copy(const YamlNode& name, const YamlNode& value, std::vector<std::string>& to) const {
    const auto last = std::max(name.last_line, value.last_line);
    for (auto line = name.first_line; line <= last; ++line) {
      auto text = lines_[line];
      // Behind a dash.
      if (line == name.first_line)
        text = indent() + text.substr(std::min(name.column, text.size()));
      to.push_back(std::move(text));
    }
  }

  const YamlNode& item_;
  const std::vector<std::string>& lines_;
};

}  // namespace

std::string change_listeners(const YamlNode& listen, LineEdits& edits) {
  if (listen.kind != YamlNode::Kind::kList || !listen.is_block)
    return "is no list with its items in lines";
  const auto& lines = edits.lines();
  // A macro stands for a module that is not seen here, and would stay open to all.
  for (const auto& item : listen.items)
    if (const auto module = module_of(item);
        !module.empty() && (module[0] < 'a' || module[0] > 'z'))
      return "has a listener whose module is " + policy::printable(module, 80) +
             ": write the module itself there";
  for (const auto module : kModules) {
    const YamlNode* first = nullptr;
    for (const auto& item : listen.items)
      if (module_of(item) == module && !is_direct_tls(item) && first == nullptr) first = &item;
    if (first == nullptr)
      return "has no listener of " + std::string(module) + " without \"tls\" to move";
    for (const auto& item : listen.items) {
      if (item.kind != YamlNode::Kind::kMap || !item.is_block)
        return "has a listener that is not written with a key a line";
      if (const auto key = item.key_written_twice(); !key.empty())
        return "has a listener with more than one \"" + policy::printable(key, 80) + '"';
      if (module_of(item) != module) continue;
      const auto dash = line_of_dash(item, lines);
      if (&item != first) {
        edits.replace(dash, item.last_line, {});
        continue;
      }
      const Listener listener(item, lines);
      const auto column = lines[dash].find('-');
      if (!listener.is_as_wanted() && column != std::string::npos)
        edits.replace(dash, item.last_line, listener.changed(column));
    }
  }
  return {};
}

}  // namespace portcullis::setup
