#include "proxy/app/settings_digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "policy/load/config_values.h"
#include "policy/load/toml_text.h"
#include "proxy/app/version.h"

namespace portcullis::app {
namespace {

// How a value begins, as TOML, that is a path in the folder of `file`: as that was named, and as it
// is without links.
std::vector<std::string> beginnings(const std::string& file) {
  std::error_code failed;
  const auto whole = std::filesystem::absolute(file, failed);
  std::vector<std::string> found;
  for (const auto& folder : {std::filesystem::path(file).parent_path(),
                             std::filesystem::weakly_canonical(whole.parent_path(), failed)}) {
    if (folder.empty()) continue;
    found.push_back(policy::toml_string((folder / "").string()));
    found.back().pop_back();  // the quotation mark behind it
  }
  return found;
}

// Only what a path begins with counts: the same letters may stand inside any other word.
std::string without(std::string_view value, const std::vector<std::string>& beginnings) {
  std::string rest;
  while (!value.empty()) {
    const auto one =
        std::find_if(beginnings.begin(), beginnings.end(),
                     [&](const std::string& beginning) { return value.starts_with(beginning); });
    rest += value.front();  // of a path, its quotation mark
    value.remove_prefix(one == beginnings.end() ? 1 : one->size());
  }
  return rest;
}

std::string hexadecimal(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return {};
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest.at(i));
  return out;
}

}  // namespace

std::string settings_digest(const policy::Config& config) {
  const auto folder = beginnings(config.file);
  std::string text;
  for (const auto& table : policy::values_of(config)) {
    text += table.path + "\n" + table.header + "\n";
    for (const auto& value : table.values)
      text.append(value.name).append(" = ").append(without(value.value, folder)).append("\n");
  }
  return hexadecimal(text);
}

std::string settings_text(const policy::Config& config) {
  return std::string(PORTCULLIS_VERSION) + " " + settings_digest(config);
}

}  // namespace portcullis::app
