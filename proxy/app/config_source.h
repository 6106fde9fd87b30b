#pragma once

#include <optional>
#include <string>

#include "policy/load/config_load.h"
#include "policy/load/config_sources.h"
#include "policy/model/diagnostic.h"
#include "proxy/base/result.h"

namespace portcullis::app {

// The configuration file, the files of conf.d beside it and the environment, read into memory. If
// `config_file` is kDefaultConfig and does not exist, PORTCULLIS_DOMAIN and PORTCULLIS_BACKEND take
// its place. Fails with the first file that cannot be read.
tl::expected<policy::ConfigSources, policy::Diagnostic> read_sources(
    const std::string& config_file);

// The same, as if `text` stood in `config_file`, which need not be there.
tl::expected<policy::ConfigSources, policy::Diagnostic> read_sources(const std::string& config_file,
                                                                     const std::string& text);

// read_sources() and load_config() in one.
policy::Loaded load_config(const std::string& config_file,
                           const std::optional<policy::LoadContext>& context = std::nullopt);

// Whether there is anything to read: false if `config_file` is kDefaultConfig and does not exist,
// and the environment does not take its place.
bool has_sources(const std::string& config_file);

// What the configuration was made from, for people: "p.toml (PORTCULLIS_CONFIG), conf.d/10.toml".
std::string source_text(const policy::Config& config);
// The environment took the place of the file.
bool is_from_environment(const policy::Config& config);

}  // namespace portcullis::app
