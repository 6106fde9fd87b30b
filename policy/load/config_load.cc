#include "policy/load/config_load.h"

#include <toml++/toml.h>

#include <fstream>

#include "policy/load/config_draft.h"
#include "policy/load/config_schema.h"
#include "policy/load/toml_nesting.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1024} * 1024;

Loaded only_finding(const std::string& file_name, Place place, std::string message) {
  Findings findings(file_name);
  findings.error(place, std::move(message));
  return {std::nullopt, findings.take()};
}

Loaded too_large(const std::string& file_name) {
  return only_finding(file_name, {},
                      "the file is larger than 1 MiB; a configuration is a small text file");
}

Config finish(Draft draft, const std::string& file_name, const Findings& findings) {
  draft.config.file = file_name;
  draft.config.lines = findings.lines();
  for (auto& host : draft.hosts) {
    draft.config.hosts.push_back({*std::move(host.domain), std::move(host.aliases),
                                  std::move(host.certificates), std::move(host.backend)});
  }
  for (auto& exception : draft.exceptions) {
    draft.config.s2s.exceptions.push_back({*std::move(exception.domain), std::move(exception.allow),
                                           std::move(exception.pins), exception.until,
                                           std::move(exception.why), std::move(exception.path)});
  }
  return std::move(draft.config);
}

Loaded load(const toml::table& root, const std::string& file_name,
            const std::optional<LoadContext>& context) {
  Findings findings(file_name);
  Draft draft;
  read_config({root, "", findings}, draft);
  check_consistency(draft, context, findings);
  Loaded loaded{std::nullopt, findings.take()};
  if (!has_errors(loaded.diagnostics))
    loaded.config = finish(std::move(draft), file_name, findings);
  return loaded;
}

Loaded load_text(std::string_view toml, const std::string& file_name,
                 const std::optional<LoadContext>& context) {
  if (toml.size() > kMaxFile) return too_large(file_name);
  if (const auto deep = too_deeply_nested(toml))
    return only_finding(file_name, *deep,
                        "this is nested deeper than anything a configuration holds");
  try {
    return load(toml::parse(toml, std::string_view(file_name)), file_name, context);
  } catch (const toml::parse_error& error) {
    return only_finding(file_name, place(error.source()),
                        "this is not TOML: " + printable(error.description()));
  }
}

Loaded load_file(const std::string& path, const std::optional<LoadContext>& context) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return only_finding(path, {}, "the file cannot be opened; check the path and its permissions");
  std::string text(kMaxFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return only_finding(path, {}, "the file cannot be read; is it a folder?");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxFile) return too_large(path);
  return load_text(text, path, context);
}

}  // namespace

Loaded load_config(std::string_view toml, const std::string& file_name,
                   const LoadContext& context) {
  return load_text(toml, file_name, context);
}

Loaded load_config(std::string_view toml, const std::string& file_name) {
  return load_text(toml, file_name, std::nullopt);
}

Loaded load_config_file(const std::string& path, const LoadContext& context) {
  return load_file(path, context);
}

Loaded load_config_file(const std::string& path) {
  return load_file(path, std::nullopt);
}

}  // namespace portcullis::policy
