#include "proxy/app/config_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "policy/load/config_document.h"
#include "policy/load/environment_config.h"
#include "proxy/app/commands.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

using Sources = tl::expected<policy::ConfigSources, policy::Diagnostic>;

constexpr std::size_t kMostFiles = 1'000;

policy::Diagnostic error(std::string file, std::string message) {
  return {policy::Diagnostic::Severity::kError, std::move(file), 0, 0, std::move(message)};
}

// One octet more than is allowed at most: the loader then says that it is too large.
Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail("the file cannot be opened: " + std::generic_category().message(errno) +
                "; check the path and its permissions");
  std::string text(policy::kMostConfigText + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail("the file cannot be read; is it a folder?");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// Those of conf.d, in the order of their names.
tl::expected<std::vector<std::string>, policy::Diagnostic> files_of(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with('.')) files.push_back(entry->path().string());
    if (files.size() > kMostFiles)
      return tl::unexpected(error(folder.string(), "there are more than 1000 files"));
  }
  if (failure && failure != std::errc::no_such_file_or_directory)
    return tl::unexpected(
        error(folder.string(), "the folder cannot be read: " + failure.message()));
  std::sort(files.begin(), files.end());
  return files;
}

policy::Environment environment() {
  policy::Environment all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

bool is_missing(const std::string& path) {
  std::error_code error;
  return fs::status(path, error).type() == fs::file_type::not_found;
}

tl::expected<policy::ConfigText, policy::Diagnostic> first_text(
    const std::string& config_file, const policy::Environment& environment) {
  const bool may_be_missing = config_file == kDefaultConfig && is_missing(config_file);
  if (may_be_missing && policy::names_a_domain(environment)) {
    auto text = policy::environment_config(environment);
    if (text) return std::move(*text);
    return tl::unexpected(error(policy::kEnvironmentFile, text.error().message));
  }
  auto text = read_text(config_file);
  if (text) return policy::ConfigText{config_file, std::move(*text)};
  const std::string_view instead =
      may_be_missing ? ", or set PORTCULLIS_DOMAIN and PORTCULLIS_BACKEND instead of a file" : "";
  return tl::unexpected(error(config_file, text.error().message + std::string(instead)));
}

// `first` and the files of conf.d beside `config_file`.
Sources with_parts(const std::string& config_file, policy::ConfigText first) {
  const fs::path folder = fs::path(config_file).parent_path();
  policy::ConfigSources sources{{}, folder.string(), environment()};
  sources.texts.push_back(std::move(first));
  auto more = files_of(folder / "conf.d");
  if (!more) return tl::unexpected(std::move(more.error()));
  std::size_t size = sources.texts.front().toml.size();
  for (const auto& file : *more) {
    if (size > policy::kMostConfigText) break;  // the loader says so; there is no need to read on
    auto text = read_text(file);
    if (!text) return tl::unexpected(error(file, text.error().message));
    size += text->size();
    sources.texts.push_back({file, std::move(*text)});
  }
  return sources;
}

}  // namespace

Sources read_sources(const std::string& config_file) {
  auto first = first_text(config_file, environment());
  if (!first) return tl::unexpected(std::move(first.error()));
  return with_parts(config_file, std::move(*first));
}

Sources read_sources(const std::string& config_file, const std::string& text) {
  return with_parts(config_file, {config_file, text});
}

policy::Loaded load_config(const std::string& config_file,
                           const std::optional<policy::LoadContext>& context) {
  auto sources = read_sources(config_file);
  if (!sources) return {std::nullopt, {std::move(sources.error())}};
  return policy::load_config(*sources, context);
}

bool has_sources(const std::string& config_file) {
  return config_file != kDefaultConfig || !is_missing(config_file) ||
         policy::names_a_domain(environment());
}

std::string source_text(const policy::Config& config) {
  std::string text = config.file;
  const auto variables = environment();
  const auto named = variables.find("PORTCULLIS_CONFIG");
  if (named != variables.end() && named->second == config.file) text += " (PORTCULLIS_CONFIG)";
  for (const auto& file : config.more_files)
    text += ", conf.d/" + fs::path(file).filename().string();
  return text;
}

bool is_from_environment(const policy::Config& config) {
  return config.file == policy::kEnvironmentFile;
}

}  // namespace portcullis::app
