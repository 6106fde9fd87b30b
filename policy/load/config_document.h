#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <optional>

#include "policy/load/config_sources.h"
#include "policy/load/findings.h"

namespace portcullis::policy {

// Of all texts together, in octets.
inline constexpr std::size_t kMostConfigText = std::size_t{1024} * 1024;

// All texts as one document, with the environment put into its strings. Tables are joined and lists
// of tables appended; any other key may be set once only. Nothing: a text is not TOML, or there is
// too much of it. Every fault goes to `findings`; after one the document is not complete.
std::optional<toml::table> read_document(const ConfigSources& sources, Findings& findings);

}  // namespace portcullis::policy
