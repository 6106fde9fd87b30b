#include "policy/load/config_load.h"

#include <filesystem>

#include "policy/load/config_defaults.h"
#include "policy/load/config_document.h"
#include "policy/load/config_draft.h"
#include "policy/load/config_schema.h"

namespace portcullis::policy {
namespace {

Config finish(Draft draft, const ConfigSources& sources, const Findings& findings) {
  draft.config.file = sources.texts.front().file;
  for (const auto& text : sources.texts)
    if (&text != &sources.texts.front()) draft.config.more_files.push_back(text.file);
  draft.config.lines = findings.lines();
  for (auto& host : draft.hosts) {
    draft.config.hosts.push_back({*std::move(host.domain), std::move(host.aliases),
                                  std::move(host.certificates), std::move(host.backend),
                                  std::move(host.acme_dir), std::move(host.outgoing_certificates)});
  }
  for (auto& exception : draft.exceptions) {
    draft.config.s2s.exceptions.push_back({*std::move(exception.domain), std::move(exception.allow),
                                           std::move(exception.pins), exception.until,
                                           std::move(exception.why), std::move(exception.path)});
  }
  return std::move(draft.config);
}

}  // namespace

Loaded load_config(const ConfigSources& sources, const std::optional<LoadContext>& context) {
  const auto& first = sources.texts.front().file;
  Findings findings(first, sources.folder, sources.texts.size() == 1);
  const auto root = read_document(sources, findings);
  if (!root || findings.has_errors()) return {std::nullopt, findings.take()};
  Draft draft;
  read_config({*root, "", findings}, draft);
  apply_defaults(draft, findings);
  check_consistency(draft, context, findings);
  Loaded loaded{std::nullopt, findings.take()};
  if (!has_errors(loaded.diagnostics)) loaded.config = finish(std::move(draft), sources, findings);
  return loaded;
}

Loaded load_config(std::string_view toml, const std::string& file_name,
                   const std::optional<LoadContext>& context) {
  return load_config({{{file_name, std::string(toml)}},
                      std::filesystem::path(file_name).parent_path().string(),
                      {}},
                     context);
}

}  // namespace portcullis::policy
