#include "proxy/app/setup/setup_record.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proxy/app/file_change.h"
#include "proxy/setup/server_facts.h"

namespace portcullis::app {
namespace {

using nlohmann::json;

constexpr std::size_t kMostFiles = 64;
constexpr char kDone[] = "done";
constexpr char kApplying[] = "applying";

std::string text_in(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

std::string record_path(const std::string& folder) {
  return folder + "/setup.json";
}

Result<SetupRecord> record_in(const std::string& folder) {
  const auto path = record_path(folder);
  const auto text = read_if_there(path, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return SetupRecord();
  auto record = read_record(**text);
  if (!record) return fail(path + ": " + record.error().message);
  return record;
}

Result<void> write_record(const std::string& folder, const SetupRecord& record) {
  auto file = file_to_change(record_path(folder));
  if (!file) return tl::unexpected(file.error());
  file->after = record_text(record);
  return write_file(*file);
}

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
  for (const auto& file : record.files)
    files.push_back({{"path", file.path},
                     {"copy", file.copy},
                     {"copy_sha256", file.copy_digest},
                     {"sha256", file.digest},
                     {"previous_sha256", file.previous},
                     {"later", file.later}});
  const json whole{{"about", "what \"portcullis setup --undo\" takes back"},
                   {"state", record.is_finished ? kDone : kApplying},
                   {"files", files}};
  return whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<SetupRecord> read_record(std::string_view text) {
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object() || !whole.contains("files") || !whole["files"].is_array() ||
      whole["files"].size() > kMostFiles)
    return fail("it is no record of setup");
  const auto state = text_in(whole, "state");
  if (state != kDone && state != kApplying) return fail("it is no record of setup");
  SetupRecord record{state == kDone};
  for (const auto& one : whole["files"]) {
    if (!one.is_object()) return fail("it is no record of setup");
    ChangedFile file{text_in(one, "path"),
                     text_in(one, "copy"),
                     text_in(one, "copy_sha256"),
                     text_in(one, "sha256"),
                     text_in(one, "previous_sha256"),
                     text_in(one, "later")};
    if (!file.path.starts_with('/') || (!file.copy.empty() && !file.copy.starts_with('/')))
      return fail("it names a file without its whole path");
    record.files.push_back(std::move(file));
  }
  return record;
}

bool is_ours(const SetupRecord& record, const std::string& path, const std::string& text) {
  const auto digest = digest_of(text);
  return std::any_of(record.files.begin(), record.files.end(), [&](const auto& one) {
    return one.path == path &&
           (one.digest == digest || one.previous == digest || one.copy_digest == digest);
  });
}

void note_change(SetupRecord& record, ChangedFile change) {
  const auto known = std::find_if(record.files.begin(), record.files.end(),
                                  [&](const auto& one) { return one.path == change.path; });
  if (known == record.files.end()) {
    record.files.push_back(std::move(change));
    return;
  }
  known->digest = std::move(change.digest);
  known->previous = std::move(change.previous);
  if (!change.copy.empty()) known->later = std::move(change.copy);
}

void note_end(SetupRecord& record) {
  record.is_finished = true;
  for (auto& file : record.files) file.previous.clear();
}

}  // namespace portcullis::app
