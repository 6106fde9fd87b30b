#include <unistd.h>

#include "proxy/app/setup/setup_run.h"
#include "proxy/app/setup/signal_hold.h"

namespace portcullis::app {
namespace {

// A file as it is, and how it is to be.
struct Undo {
  FileChange file;
  bool was_there = false;

  bool is_done() const { return was_there ? !file.is_needed() : !file.before; }
};

Result<std::string> text_of_copy(const ChangedFile& changed) {
  const auto text = read_of_others(changed.copy, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return fail(changed.copy + " is not there any more, so nothing was taken back");
  if (digest_of(**text) != changed.copy_digest)
    return fail(changed.copy +
                " is not the copy that setup has made: somebody has changed it. Nothing was taken "
                "back");
  return **text;
}

// Fails when something would be lost that setup has not written.
Result<Undo> plan_undo(const SetupRecord& record, const ChangedFile& changed) {
  auto file = file_to_change(changed.path);
  if (!file) return tl::unexpected(file.error());
  Undo undo{std::move(*file), !changed.copy.empty()};
  if (undo.was_there) {
    auto old = text_of_copy(changed);
    if (!old) return tl::unexpected(old.error());
    undo.file.after = std::move(*old);
  }
  if (undo.is_done()) return undo;  // of an undo, or of a run of setup, that was stopped
  const auto first = undo.was_there ? "What it was before setup is in " + changed.copy
                                    : "It was not there before setup";
  if (!changed.later.empty())
    return fail(changed.path +
                " was changed by somebody else between two runs of setup, and that would be lost, "
                "so nothing was taken back. What they wrote is in " +
                changed.later + ". " + first +
                (undo.was_there ? ": copy that back and put in what you want to keep after this"
                                : ": move it away") +
                ". Then run --undo again");
  const bool is_as_left = undo.file.before ? is_ours(record, changed.path, *undo.file.before)
                                           : changed.digest.empty();  // setup has removed it
  if (!is_as_left)
    return fail(changed.path + " is not as setup has left it, so nothing was taken back. " + first);
  return undo;
}

}  // namespace

Result<std::vector<std::string>> undo_setup(const std::string& folder) {
  const auto seen = record_in(folder);
  if (!seen) return tl::unexpected(seen.error());
  if (seen->files.empty()) return std::vector<std::string>();
  const auto lock = FolderLock::take(folder);
  if (!lock) return tl::unexpected(lock.error());
  const SignalHold hold;
  const auto record = record_in(folder);
  if (!record) return tl::unexpected(record.error());
  std::vector<Undo> files;
  for (const auto& changed : record->files) {
    auto undo = plan_undo(*record, changed);
    if (!undo) return tl::unexpected(undo.error());
    files.push_back(std::move(*undo));
  }
  std::vector<std::string> done;
  for (std::size_t i = files.size(); i-- > 0;) {
    const auto& [file, was_there] = files[i];
    if (!was_there)
      ::unlink(file.path.c_str());
    else if (!files[i].is_done())
      if (auto written = write_file(file); !written) return tl::unexpected(written.error());
    done.push_back(file.path);
  }
  ::unlink(record_path(folder).c_str());
  return done;
}

}  // namespace portcullis::app
