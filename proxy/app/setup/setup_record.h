#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace portcullis::app {

// What setup has changed outside of its own folder, to be taken back. It lies beside
// portcullis.toml.
struct ChangedFile {
  std::string path;
  std::string copy;    // of what was there before the first change; "": there was nothing
  std::string digest;  // SHA-256 of what setup has written last
};
using SetupRecord = std::vector<ChangedFile>;

std::string digest_of(std::string_view text);
std::string record_text(const SetupRecord& record);
// Fails for a text that is no record.
Result<SetupRecord> read_record(std::string_view text);

// Whether `text` at `path` is what setup has written itself: then nothing of others is lost with
// it.
bool is_ours(const SetupRecord& record, const std::string& path, const std::string& text);

// `record` with one more change; of a file that is in it the first copy stays.
void note_change(SetupRecord& record, ChangedFile change);

}  // namespace portcullis::app
