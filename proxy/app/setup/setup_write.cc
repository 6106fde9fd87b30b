#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "certs/own/local_ca.h"
#include "policy/model/config.h"
#include "proxy/app/powers.h"
#include "proxy/app/setup/setup_run.h"
#include "proxy/app/setup/signal_hold.h"
#include "proxy/base/clock.h"
#include "proxy/setup/check_words.h"

namespace portcullis::app {
namespace {

constexpr mode_t kCaKeyMode = 0640;
constexpr std::size_t kShown = 1'500;  // of what a server says

std::string shown(const std::string& words) {
  return words.size() <= kShown ? words : words.substr(0, kShown) + " ...";
}

// What the server's own check has found before anything was changed is not due to the change.
Result<void> beside_known(const std::string& before, const std::string& after) {
  if (!setup::says_nothing_new(before, after))
    return fail("not what it said before setup changed anything: " + after);
  std::printf(
      "note: your server's own check found something before setup changed anything, and still "
      "does: %s\n",
      shown(after).c_str());
  return {};
}

// The record as it was before this run; none where there was none.
Result<void> restore_record(const std::string& folder, const SetupRecord& old) {
  if (!old.files.empty()) return write_record(folder, old);
  ::unlink(record_path(folder).c_str());
  return {};
}

}  // namespace

// As the package makes it: the service reads the key and cannot change it.
Result<void> SetupRun::make_local_ca() {
  if (has_local_ca_ || !ca_may_be_made_ || plan_.kind == policy::BackendKind::kJabberd2) return {};
  if (auto made = certs::LocalCa::create(plan_.local_ca, wall_clock_now()); !made) return made;
  written_.push_back(plan_.local_ca + "/ca.pem");
  if (::geteuid() != 0) return {};
  const auto us = user_of_files(policy::Process());
  const auto key = plan_.local_ca + "/ca.key";
  if (us && us->user != 0 &&
      (::chown(key.c_str(), 0, us->group) != 0 || ::chmod(key.c_str(), kCaKeyMode) != 0))
    return fail(key + ": its group cannot be set");
  return {};
}

Result<void> SetupRun::write_gate_file(FileChange& change) {
  if (!change.is_needed()) return {};
  if (change.before && !change.is_secret) {
    const auto copy = keep_copy(change, stamp_);
    if (!copy) return tl::unexpected(copy.error());
    written_.push_back(*copy);
  }
  if (auto done = write_file(change); !done) return done;
  written_.push_back(change.path);
  return {};
}

Result<std::vector<std::string>> SetupRun::begin_record(SetupRecord& record) const {
  std::vector<std::string> copies;
  Result<void> fault;
  auto begun = record;
  begun.is_finished = false;
  for (const auto& file : change_.files) {
    copies.emplace_back();
    if (!file.is_needed()) continue;
    const bool keeps = file.before && !is_ours(record, file.path, *file.before);
    if (keeps) {
      auto copy = keep_copy(file, stamp_);
      if (copy)
        copies.back() = *copy;
      else
        fault = tl::unexpected(copy.error());
      if (!fault) break;
    }
    const auto was = file.before ? digest_of(*file.before) : std::string();
    note_change(
        begun, {file.path, copies.back(), keeps ? was : std::string(),
                file.is_gone ? std::string() : digest_of(file.after), keeps ? std::string() : was});
  }
  if (fault) fault = write_record(folder_, begun);
  if (fault) {
    record = std::move(begun);
    return copies;
  }
  for (const auto& copy : copies)
    if (!copy.empty()) ::unlink(copy.c_str());
  return tl::unexpected(fault.error());
}

Result<void> SetupRun::compare_with_now() const {
  std::vector<FileChange> files{toml_.file};
  for (const auto* some : {&change_.files, &backend_.gate})
    files.insert(files.end(), some->begin(), some->end());
  for (const auto& file : files) {
    const auto now = file_to_change(file.path);
    if (!now) return tl::unexpected(now.error());
    if (now->before != file.before)
      return fail(file.path +
                  " was changed while setup looked at it, so nothing was written. Run this again");
  }
  return {};
}

Result<void> SetupRun::write_server_files() const {
  for (const auto& file : change_.files)
    if (file.is_needed())
      if (auto written = write_file(file); !written) return written;
  return {};
}

Result<void> SetupRun::change_server_files() {
  auto record = record_in(folder_);
  if (!record) return tl::unexpected(record.error());
  if (!has_server_changes() && record->is_finished) return {};
  const auto old = *record;
  const auto before = check_server(plan_.kind, server_);
  if (is_asked_to_end()) return fail("stopped by a signal. Nothing was changed");
  const auto copies = begin_record(*record);
  if (!copies) return tl::unexpected(copies.error());
  auto fault = write_server_files();
  if (fault) {
    fault = check_server(plan_.kind, server_);
    if (is_asked_to_end()) {
      fault = fail("stopped by a signal");
    } else if (!fault && !before && old.is_finished) {
      fault = beside_known(before.error().message, fault.error().message);
    }
  }
  if (!fault) {
    const auto undo = ". \"portcullis setup --undo\" puts your server's files back";
    const auto words = shown(fault.error().message);
    if (!take_back(*copies)) return fail(words + undo);
    if (auto written = restore_record(folder_, old); !written) return written;
    return fail(words + (old.is_finished ? ". Your server's files are as they were" : undo));
  }
  for (std::size_t i = 0; i < change_.files.size(); ++i) {
    if (!change_.files[i].is_needed()) continue;
    if (!(*copies)[i].empty()) written_.push_back((*copies)[i]);
    written_.push_back(change_.files[i].path + (change_.files[i].is_gone ? " (removed)" : ""));
  }
  note_end(*record);
  if (auto written = write_record(folder_, *record); !written) return written;
  if (!backend_.spare_key.empty()) ::unlink(backend_.spare_key.c_str());
  return {};
}

bool SetupRun::take_back(const std::vector<std::string>& copies) const {
  bool is_as_it_was = true;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    auto file = change_.files[i];
    if (!file.is_needed() || !file.before) continue;
    file.after = *file.before;
    file.is_gone = false;
    if (const auto back = write_file(file); !back) {
      is_as_it_was = false;
      std::printf("%s; what was there is in %s\n", back.error().message.c_str(), copies[i].c_str());
    }
  }
  if (!is_as_it_was) return false;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const auto& file = change_.files[i];
    if (file.is_needed() && !file.before) ::unlink(file.path.c_str());
    if (!copies[i].empty()) ::unlink(copies[i].c_str());
  }
  return true;
}

}  // namespace portcullis::app
