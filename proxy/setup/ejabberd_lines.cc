#include "proxy/setup/ejabberd_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/reasons/reason.h"
#include "proxy/setup/ejabberd_listeners.h"
#include "proxy/setup/guide.h"
#include "proxy/setup/line_edits.h"
#include "proxy/setup/text_lines.h"
#include "proxy/setup/yaml_tree.h"

namespace portcullis::setup {
namespace {

constexpr auto kKind = policy::BackendKind::kEjabberd;
constexpr std::string_view kDialback = "mod_s2s_dialback";
constexpr std::string_view kTwice = "is written more than once";

std::string in_yaml(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) quoted += c;
  }
  return quoted + "\"";
}

// The settings of one line that the guide has for the mode: name and value.
std::vector<std::pair<std::string, std::string>> one_line_settings(const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> settings;
  const auto take = [&](const std::string& block) {
    const auto tree = parse_yaml(block);
    if (!tree) return;
    for (const auto& [name, value] : tree->pairs) {
      if (!value.is_scalar()) continue;
      const auto known =
          std::find_if(settings.begin(), settings.end(),
                       [&name = name.text](const auto& one) { return one.first == name; });
      const auto text = replaced(value.text, {{"/var/lib/portcullis/local-ca", plan.local_ca}});
      if (known == settings.end())
        settings.emplace_back(name.text, text);
      else
        known->second = text;
    }
  };
  take(guide_block(kKind, "ejabberd.yml"));
  if (plan.mode == Mode::kObserve) take(guide_block(kKind, "observe.yml"));
  return settings;
}

class Editor {
 public:
  Editor(const std::string& text, const YamlNode& top, const Plan& plan)
      : top_(top), plan_(plan), edits_(text) {}

  EjabberdChange change() {
    if (const auto key = top_.key_written_twice(); !key.empty()) refuse(key, kTwice);
    std::vector<std::string> hosts;
    for (const auto& host : plan_.hosts)
      if (host.is_new) hosts.push_back(host.domain);
    add_to_list("hosts", hosts);
    if (!plan_.certificate.empty()) add_to_list("certfiles", {plan_.certificate});
    set_listeners();
    for (const auto& [name, value] : one_line_settings(plan_)) set(name, value);
    set_dialback();
    edits_.append(std::move(end_));
    return {edits_.text(), std::move(by_hand_)};
  }

 private:
  void refuse(std::string_view key, std::string_view why) {
    by_hand_.push_back(
        fmt::format("\"{}\" {}, and setup does not change that", policy::printable(key, 80), why));
  }

  void add_at_end(std::vector<std::string> lines) {
    if (end_.empty()) end_ = {"", "# For Portcullis, as \"portcullis setup\" wrote it"};
    end_.insert(end_.end(), lines.begin(), lines.end());
  }

  void add_to_list(const std::string& key, const std::vector<std::string>& values) {
    const auto* const pair = top_.find_pair(key);
    std::vector<std::string> more;
    if (pair == nullptr) {
      if (values.empty()) return;
      more.push_back(key + ":");
      for (const auto& value : values) more.push_back("  - " + in_yaml(value));
      return add_at_end(std::move(more));
    }
    const auto& list = pair->second;
    for (const auto& value : values) {
      const auto is_it = [&](const YamlNode& item) {
        return item.is_scalar() && item.text == value;
      };
      if (std::none_of(list.items.begin(), list.items.end(), is_it))
        more.push_back("- " + in_yaml(value));
    }
    if (more.empty()) return;
    const bool is_plain = std::all_of(list.items.begin(), list.items.end(),
                                      [](const YamlNode& item) { return item.is_scalar(); });
    if (list.kind != YamlNode::Kind::kList || !list.is_block || !is_plain || list.items.empty())
      return refuse(key, "is no list with an item a line");
    for (auto& line : more) line.insert(0, list.column, ' ');
    edits_.insert_behind(list.last_line, std::move(more));
  }

  void set_listeners() {
    const auto* const pair = top_.find_pair("listen");
    if (pair == nullptr) return refuse("listen", "is not in this file");
    if (const auto why = change_listeners(pair->second, edits_); !why.empty())
      refuse("listen", why);
  }

  void set(const std::string& name, const std::string& value) {
    const auto* const pair = top_.find_pair(name);
    const auto line = name + ": " + value;
    if (pair == nullptr) return add_at_end({line});
    if (pair->second.is_scalar() && pair->second.text == value) return;
    edits_.replace(pair->first.first_line, std::max(pair->first.last_line, pair->second.last_line),
                   {line});
  }

  void set_dialback() {
    const auto* const modules = top_.find("modules");
    if (modules == nullptr || modules->kind != YamlNode::Kind::kMap || !modules->is_block ||
        modules->pairs.empty())
      return refuse("modules", "is not written with a module a line in this file");
    if (const auto key = modules->key_written_twice(); !key.empty()) return refuse(key, kTwice);
    const auto* const dialback = modules->find_pair(kDialback);
    if (plan_.mode == Mode::kEnforce && dialback != nullptr && modules->pairs.size() == 1)
      return refuse("modules", "has mod_s2s_dialback alone, and would be empty without it");
    if (plan_.mode == Mode::kEnforce && dialback != nullptr)
      edits_.replace(dialback->first.first_line,
                     std::max(dialback->first.last_line, dialback->second.last_line), {});
    if (plan_.mode == Mode::kObserve && dialback == nullptr)
      edits_.insert_behind(modules->last_line,
                           {std::string(modules->column, ' ') + std::string(kDialback) + ": {}"});
  }

  const YamlNode& top_;
  const Plan& plan_;
  LineEdits edits_;
  std::vector<std::string> end_;
  std::vector<std::string> by_hand_;
};

// A change that is made once more changes nothing: what it wrote is read as it was meant.
bool is_done(const std::string& text, const Plan& plan) {
  const auto tree = parse_yaml(text);
  if (!tree || !tree->unusual.empty() || tree->kind != YamlNode::Kind::kMap) return false;
  const auto again = Editor(text, *tree, plan).change();
  return again.by_hand.empty() && again.text == text;
}

}  // namespace

Result<EjabberdChange> ejabberd_lines(const std::string& text, const Plan& plan) {
  // Of YAML; with them its lines would not be those that are counted here.
  for (const std::string_view end :
       {std::string_view("\r"), std::string_view("\xC2\x85"), std::string_view("\xE2\x80\xA8"),
        std::string_view("\xE2\x80\xA9"), std::string_view("\0", 1)})
    if (text.find(end) != std::string::npos)
      return fail("it has line ends other than \"\\n\", so setup does not change it line by line");
  const auto tree = parse_yaml(text);
  if (!tree) return tl::unexpected(tree.error());
  if (tree->kind != YamlNode::Kind::kMap || !tree->is_block || tree->column != 0)
    return fail("it does not begin with settings, one a line");
  if (!tree->unusual.empty())
    return EjabberdChange{
        text, {"the file has " + tree->unusual + ", so setup does not change it line by line"}};
  auto change = Editor(text, *tree, plan).change();
  if (change.by_hand.empty() && !is_done(change.text, plan))
    change.by_hand.emplace_back(
        "the file is written in a way in which setup's lines would not be read as they are meant");
  return change;
}

std::string ejabberd_inetrc() {
  return guide_block(kKind, "inetrc");
}

std::string ejabberd_guide_lines(const Plan& plan) {
  std::string hosts;
  for (const auto& host : plan.hosts) hosts += "\n  - " + in_yaml(host.domain);
  auto text = replaced(guide_block(kKind, "ejabberd.yml"),
                       {{"\n  - legacy.example", hosts},
                        {"/etc/ejabberd/legacy.example.pem", plan.certificate},
                        {"/var/lib/portcullis/local-ca", plan.local_ca}});
  if (plan.mode == Mode::kEnforce) return text + "\n# and no mod_s2s_dialback under \"modules\"\n";
  return replaced(std::move(text),
                  {{"s2s_use_starttls: required\n", guide_block(kKind, "observe.yml")}}) +
         "\n# and under \"modules\"\n#   mod_s2s_dialback: {}\n";
}

}  // namespace portcullis::setup
