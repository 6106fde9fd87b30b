#include "policy/load/config_document.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "policy/load/config_value.h"
#include "policy/load/interpolation.h"
#include "policy/load/toml_advice.h"
#include "policy/load/toml_nesting.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

bool is_list_of_tables(const toml::node& node) {
  const auto* list = node.as_array();
  return list != nullptr && !list->empty() &&
         std::all_of(list->begin(), list->end(),
                     [](const toml::node& element) { return element.is_table(); });
}

std::optional<toml::table> parse(const ConfigText& text, Findings& findings) {
  const auto file = std::make_shared<const std::string>(text.file);
  if (auto deep = too_deeply_nested(text.toml)) {
    deep->file = file;
    findings.error(*deep, "this is nested deeper than anything a configuration holds");
    return std::nullopt;
  }
  try {
    return toml::parse(std::string_view(text.toml), std::string_view(text.file));
  } catch (const toml::parse_error& error) {
    Place where = place(error.source());
    where.file = file;
    findings.error(where, "this is not TOML: " + toml_advice(text.toml, where.line, where.column,
                                                             error.description()));
    return std::nullopt;
  }
}

// Nodes are moved, because a copy would not know where it stands in its file.
class Joiner {
 public:
  explicit Joiner(Findings& findings) : findings_(findings) {}

  void join(toml::table& into, toml::table& more, const std::string& prefix) {
    for (auto&& [key, node] : more) {
      auto* const present = into.get(key.str());
      if (present == nullptr)
        into.insert(key, std::move(node));
      else if (present->is_table() && node.is_table())
        join(*present->as_table(), *node.as_table(), prefix + std::string(key.str()) + ".");
      else if (is_list_of_tables(*present) && is_list_of_tables(node))
        for (auto& element : *node.as_array()) present->as_array()->push_back(std::move(element));
      else
        findings_.error(place(key.source()),
                        printable(prefix + std::string(key.str()), 100) + " is set already, see " +
                            findings_.reference(place(present->source())) + "; remove one");
    }
  }

 private:
  Findings& findings_;
};

class Interpolator {
 public:
  Interpolator(const Environment& environment, Findings& findings)
      : environment_(environment), findings_(findings) {}

  void run(toml::node& node) {
    if (auto* table = node.as_table()) {
      for (auto&& [key, child] : *table) run(child);
    } else if (auto* list = node.as_array()) {
      for (auto& element : *list) run(element);
    } else if (auto* text = node.as_string(); text != nullptr) {
      if (text->get().find('$') != std::string::npos) replace(*text);
    }
  }

 private:
  void replace(toml::value<std::string>& text) {
    auto value = interpolate(text.get(), environment_);
    if (!value) return findings_.error(place(text.source()), "this " + value.error().message);
    put_in_ += value->size();
    if (put_in_ <= kMostConfigText) {
      text.get() = std::move(*value);
      return;
    }
    if (!std::exchange(too_much_, true))
      findings_.error(place(text.source()),
                      "with what the environment puts in up to here, the configuration is larger "
                      "than 1 MiB");
  }

  const Environment& environment_;
  Findings& findings_;
  std::size_t put_in_ = 0;
  bool too_much_ = false;
};

}  // namespace

std::optional<toml::table> read_document(const ConfigSources& sources, Findings& findings) {
  std::size_t size = 0;
  for (const auto& text : sources.texts) size += text.toml.size();
  if (size > kMostConfigText) {
    findings.error({}, sources.texts.size() == 1
                           ? "the file is larger than 1 MiB; a configuration is a small text file"
                           : "all files together are larger than 1 MiB; a configuration is small");
    return std::nullopt;
  }
  std::optional<toml::table> root = toml::table();
  bool all_parsed = true;
  for (const auto& text : sources.texts) {
    auto parsed = parse(text, findings);
    all_parsed = all_parsed && parsed;
    if (!all_parsed) continue;
    if (&text == &sources.texts.front())
      root = std::move(parsed);
    else
      Joiner(findings).join(*root, *parsed, "");
  }
  if (!all_parsed) return std::nullopt;
  Interpolator(sources.environment, findings).run(*root);
  return root;
}

}  // namespace portcullis::policy
