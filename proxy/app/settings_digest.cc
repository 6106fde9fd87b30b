#include "proxy/app/settings_digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <filesystem>

#include "policy/load/config_values.h"
#include "proxy/app/version.h"

namespace portcullis::app {
namespace {

std::string without(std::string text, const std::string& folder) {
  if (folder.empty()) return text;
  for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder, at))
    text.erase(at, folder.size());
  return text;
}

std::string with_slash(const std::filesystem::path& folder) {
  return folder.empty() ? "" : folder.string() + "/";
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
  const auto folder = with_slash(std::filesystem::path(config.file).parent_path());
  std::error_code failed;
  const auto whole = std::filesystem::absolute(config.file, failed);
  const auto real = with_slash(std::filesystem::weakly_canonical(whole.parent_path(), failed));
  std::string text;
  for (const auto& table : policy::values_of(config)) {
    text += table.path + "\n" + table.header + "\n";
    for (const auto& value : table.values)
      text.append(value.name).append(" = ").append(without(without(value.value, real), folder)).append("\n");
  }
  return hexadecimal(text);
}

std::string settings_text(const policy::Config& config) {
  return std::string(PORTCULLIS_VERSION) + " " + settings_digest(config);
}

}  // namespace portcullis::app
