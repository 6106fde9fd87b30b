#include "proxy/app/setup/setup_record.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace portcullis::app {
namespace {

using nlohmann::json;

constexpr std::size_t kMostFiles = 64;

std::string text_in(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

std::string digest_of(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string record_text(const SetupRecord& record) {
  auto files = json::array();
  for (const auto& file : record)
    files.push_back({{"path", file.path}, {"copy", file.copy}, {"sha256", file.digest}});
  const json whole{{"about", "what \"portcullis setup --undo\" takes back"}, {"files", files}};
  return whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<SetupRecord> read_record(std::string_view text) {
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object() || !whole.contains("files") || !whole["files"].is_array() ||
      whole["files"].size() > kMostFiles)
    return fail("it is no record of setup");
  SetupRecord record;
  for (const auto& one : whole["files"]) {
    if (!one.is_object()) return fail("it is no record of setup");
    ChangedFile file{text_in(one, "path"), text_in(one, "copy"), text_in(one, "sha256")};
    if (!file.path.starts_with('/') || (!file.copy.empty() && !file.copy.starts_with('/')))
      return fail("it names a file without its whole path");
    record.push_back(std::move(file));
  }
  return record;
}

bool is_ours(const SetupRecord& record, const std::string& path, const std::string& text) {
  return std::any_of(record.begin(), record.end(), [&](const auto& one) {
    return one.path == path && one.digest == digest_of(text);
  });
}

void note_change(SetupRecord& record, ChangedFile change) {
  const auto known = std::find_if(record.begin(), record.end(),
                                  [&](const auto& one) { return one.path == change.path; });
  if (known == record.end())
    record.push_back(std::move(change));
  else
    known->digest = std::move(change.digest);
}

}  // namespace portcullis::app
