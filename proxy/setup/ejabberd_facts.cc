#include "proxy/setup/ejabberd_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "policy/reasons/reason.h"
#include "proxy/setup/ejabberd_words.h"

namespace portcullis::setup {
namespace {

using policy::printable;

constexpr std::size_t kMostIncluded = 16;
constexpr std::size_t kMostMacroSteps = 8;

// Modules that have a domain of their own, and what it is where the module does not say.
struct Service {
  std::string_view module;
  std::string_view domain;
};
constexpr std::array kServices{
    Service{"mod_muc", "conference.@HOST@"},      Service{"mod_pubsub", "pubsub.@HOST@"},
    Service{"mod_proxy65", "proxy.@HOST@"},       Service{"mod_http_upload", "upload.@HOST@"},
    Service{"mod_vcard", "vjud.@HOST@"},          Service{"mod_vcard_ldap", "vjud.@HOST@"},
    Service{"mod_vcard_mnesia", "vjud.@HOST@"},   Service{"mod_mix", "mix.@HOST@"},
    Service{"mod_multicast", "multicast.@HOST@"}, Service{"mod_irc", "irc.@HOST@"},
    Service{"mod_echo", "echo.@HOST@"},
};

// What setup decides; said elsewhere, too, it is not ours alone.
constexpr std::array<std::string_view, 3> kOurs{"s2s_use_starttls", "s2s_cafile",
                                                "s2s_max_retry_delay"};

class Reader {
 public:
  Reader(const ReadFile& read_file, EjabberdFacts& facts) : read_file_(read_file), facts_(facts) {}

  Result<void> read(const std::string& path, const std::string& text) {
    auto tree = parse_yaml(text);
    if (!tree) return fail(printable(path) + ": " + tree.error().message);
    if (tree->kind != YamlNode::Kind::kMap)
      return fail(printable(path) + ": it does not begin with settings");
    facts_.server.files.push_back(path);
    trees_.push_back(std::move(*tree));
    const auto& top = trees_.back();
    if (const auto* macros = top.find("define_macro")) take_macros(*macros);
    if (const auto* included = top.find("include_config_file")) return include(*included);
    return {};
  }

  void judge(const std::vector<std::string>& more_hosts) {
    for (std::size_t i = 0; i < trees_.size(); ++i) {
      const auto& top = trees_[i];
      take_names(top.find("hosts"), facts_.server.hosts);
      take_names(top.find("certfiles"), facts_.certificate_files);
      if (i > 0) tell_elsewhere(top, facts_.server.files[i]);
      tell_twice(top, i);
      if (const auto* listen = resolved(top.find("listen"))) take_listeners(*listen);
    }
    auto hosts = facts_.server.hosts;
    hosts.insert(hosts.end(), more_hosts.begin(), more_hosts.end());
    for (const auto& top : trees_) {
      take_modules(resolved(top.find("modules")), hosts);
      for (const auto* key : {"host_config", "append_host_config"}) take_single_hosts(top, key);
    }
  }

 private:
  void take_macros(const YamlNode& macros) {
    const auto add = [&](const YamlNode& map) {
      for (const auto& [name, value] : map.pairs)
        if (name.is_scalar() && macros_.size() < kMostNames)
          macros_.insert_or_assign(name.text, value);
    };
    add(macros);
    for (const auto& item : macros.items) add(item);
  }

  Result<void> include(const YamlNode& included) {
    std::vector<std::string> paths;
    const auto add = [&](const YamlNode& one) {
      if (one.is_scalar()) paths.push_back(one.text);
      // With options: "- file.yml: {...}", or "file.yml: {...}" in place of a list.
      for (const auto& pair : one.pairs)
        if (pair.first.is_scalar()) paths.push_back(pair.first.text);
    };
    add(included);
    for (const auto& item : included.items) add(item);
    for (const auto& path : paths) {
      if (trees_.size() > kMostIncluded) return fail("it includes more files than setup reads");
      const auto& known = facts_.server.files;
      if (std::find(known.begin(), known.end(), path) != known.end()) continue;
      const auto text = read_file_(path);
      if (!text) return tl::unexpected(text.error());
      if (auto done = read(path, *text); !done) return done;
    }
    return {};
  }

  // Through macros; nullptr stays nullptr.
  const YamlNode* resolved(const YamlNode* node) const {
    for (std::size_t i = 0; i < kMostMacroSteps && node != nullptr && node->is_scalar(); ++i) {
      const auto macro = macros_.find(node->text);
      if (macro == macros_.end()) return node;
      node = &macro->second;
    }
    return node;
  }

  std::string text_of(const YamlNode* node) const {
    const auto* const value = resolved(node);
    return value != nullptr && value->is_scalar() ? value->text : std::string();
  }

  void take_names(const YamlNode* node, std::vector<std::string>& names) const {
    const auto add = [&](const YamlNode* one) {
      const auto name = text_of(one);
      if (!name.empty() && names.size() < kMostNames &&
          std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    };
    node = resolved(node);
    if (node == nullptr) return;
    if (node->is_scalar()) add(node);
    for (const auto& item : node->items) add(&item);
  }

  void take_listeners(const YamlNode& listen) {
    for (const auto& item : listen.items) {
      const auto* const one = resolved(&item);
      if (one == nullptr) continue;
      const auto module = text_of(one->find("module"));
      if (module == "ejabberd_c2s") add_port(*one, facts_.server.client_ports);
      if (module == "ejabberd_s2s_in") add_port(*one, facts_.server.server_ports);
      if (module == "ejabberd_service") take_components(resolved(one->find("hosts")));
      if (module == "ejabberd_http") tell_web(*one);
    }
  }

  void add_port(const YamlNode& listener, std::vector<std::uint16_t>& ports) const {
    const auto text = text_of(listener.find("port"));
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    if (port != 0 && ports.size() < kMostNames) ports.push_back(port);
  }

  void take_components(const YamlNode* hosts) {
    if (hosts == nullptr) return;
    for (const auto& pair : hosts->pairs) add_component(text_of(&pair.first));
    for (const auto& item : hosts->items) add_component(text_of(&item));
  }

  void tell_web(const YamlNode& listener) {
    const auto* const handlers = resolved(listener.find("request_handlers"));
    if (handlers == nullptr) return;
    for (const auto& [path, handler] : handlers->pairs) {
      const auto module = text_of(&handler);
      if (module != "mod_bosh" && module != "ejabberd_http_ws") continue;
      facts_.server.notes.push_back(fmt::format(
          "port {} of ejabberd takes clients over the web ({}): they do not pass the gate, and the "
          "port stays as it is",
          printable(text_of(listener.find("port"))), printable(module)));
      return;
    }
  }

  void add_component(const std::string& name) {
    auto& names = facts_.server.components;
    if (!name.empty() && names.size() < kMostNames &&
        std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }

  void take_modules(const YamlNode* modules, const std::vector<std::string>& hosts) {
    if (modules == nullptr) return;
    for (const auto& [name, raw] : modules->pairs) {
      const auto service =
          std::find_if(kServices.begin(), kServices.end(),
                       [&name = name.text](const Service& each) { return name == each.module; });
      if (service == kServices.end()) continue;
      const auto* const options = resolved(&raw);
      std::vector<std::string> patterns;
      take_names(options->find("hosts"), patterns);
      take_names(options->find("host"), patterns);
      // Its search is off by default, and then it has no domain.
      if (service->domain.starts_with("vjud") &&
          !is_true_for_ejabberd(text_of(options->find("search"))))
        continue;
      if (patterns.empty()) patterns.emplace_back(service->domain);
      for (const auto& pattern : patterns)
        for (const auto& host : hosts) add_component(at_host(pattern, host));
    }
  }

  static std::string at_host(std::string pattern, const std::string& host) {
    for (const std::string_view mark : {"@HOST@", "@host@"})
      if (const auto at = pattern.find(mark); at != std::string::npos)
        pattern.replace(at, mark.size(), host);
    return pattern;
  }

  void take_single_hosts(const YamlNode& top, const char* key) {
    const auto* const all = resolved(top.find(key));
    if (all == nullptr) return;
    for (const auto& [host, raw] : all->pairs) {
      const auto* const settings = resolved(&raw);
      const auto* const modules = resolved(settings->find("modules"));
      take_modules(modules, {host.text});
      for (const auto name : kOurs)
        if (settings->find(name) != nullptr)
          facts_.by_hand.push_back(fmt::format("{} says {} for {} alone: take that out", key, name,
                                               printable(host.text)));
      if (modules != nullptr && modules->find("mod_s2s_dialback") != nullptr)
        facts_.by_hand.push_back(fmt::format("{} has mod_s2s_dialback for {} alone: take that out",
                                             key, printable(host.text)));
    }
  }

  // What stands in one of two places of one name would not be seen here. At the top of the main
  // file and among its modules it is in the way of a change, which says so itself.
  void tell_twice(const YamlNode& top, std::size_t file) {
    const auto tell = [&](const std::string& key) {
      if (!key.empty())
        facts_.by_hand.push_back(
            fmt::format("{} has \"{}\" more than once in one place: write it once",
                        printable(facts_.server.files[file]), printable(key)));
    };
    if (file > 0) tell(top.key_written_twice());
    for (const auto& [name, value] : top.pairs)
      if (name.text == "host_config" || name.text == "append_host_config" ||
          name.text == "define_macro" || (name.text == "modules" && file > 0))
        tell(value.key_written_twice_within());
  }

  void tell_elsewhere(const YamlNode& top, const std::string& path) {
    for (const std::string_view key : {"listen", "modules"})
      if (top.find(key) != nullptr)
        facts_.by_hand.push_back(fmt::format("{} has \"{}\", and setup changes the main file only",
                                             printable(path), key));
    for (const auto key : kOurs)
      if (top.find(key) != nullptr)
        facts_.by_hand.push_back(
            fmt::format("{} says {}, too: take that out", printable(path), key));
  }

  const ReadFile& read_file_;
  EjabberdFacts& facts_;
  std::vector<YamlNode> trees_;  // the main file first
  std::map<std::string, YamlNode> macros_;
};

}  // namespace

Result<EjabberdFacts> ejabberd_facts(const std::string& path, const std::string& text,
                                     const ReadFile& read_file,
                                     const std::vector<std::string>& more_hosts) {
  EjabberdFacts facts;
  Reader reader(read_file, facts);
  if (auto done = reader.read(path, text); !done) return tl::unexpected(done.error());
  reader.judge(more_hosts);
  return facts;
}

}  // namespace portcullis::setup
