#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace portcullis::app {

// What setup has changed outside of its own folder, to be taken back. It lies beside
// portcullis.toml. It is written before the first of these files is, so that a run that is killed
// can be taken back, too.
struct ChangedFile {
  std::string path;
  std::string copy;         // of what was there before the first change; "": there was nothing
  std::string copy_digest;  // SHA-256 of that copy, which lies in a folder of others
  std::string digest;       // of what setup has written last
  std::string previous;     // of what it had written before that, until a run has come to its end
  // The newest copy of what somebody else wrote there after setup had been there; "": nobody did.
  std::string later = {};
};

struct SetupRecord {
  bool is_finished = true;  // false: a run has begun and has not come to its end
  std::vector<ChangedFile> files = {};
};

// The record of a folder; an empty one where there is none.
std::string record_path(const std::string& folder);
Result<SetupRecord> record_in(const std::string& folder);
Result<void> write_record(const std::string& folder, const SetupRecord& record);

std::string digest_of(std::string_view text);
std::string record_text(const SetupRecord& record);
// Fails for a text that is no record.
Result<SetupRecord> read_record(std::string_view text);

// Whether `text` at `path` is what setup has written itself, or what it has the copy of: then
// nothing of others is lost with it.
bool is_ours(const SetupRecord& record, const std::string& path, const std::string& text);

// `record` with one more change. Of a file that is in it the first copy stays, and a new one is
// what undo would lose.
void note_change(SetupRecord& record, ChangedFile change);

// Every file is as setup wants it, and the server takes them.
void note_end(SetupRecord& record);

}  // namespace portcullis::app
