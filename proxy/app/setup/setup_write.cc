#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "certs/own/local_ca.h"
#include "policy/model/config.h"
#include "proxy/app/powers.h"
#include "proxy/app/setup/setup_run.h"
#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr char kRecord[] = "/setup.json";
constexpr mode_t kCaKeyMode = 0640;

Result<SetupRecord> record_in(const std::string& folder) {
  const auto text = read_if_there(folder + kRecord, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return SetupRecord();
  auto record = read_record(**text);
  if (!record) return fail(folder + kRecord + ": " + record.error().message);
  return record;
}

Result<void> write_record(const std::string& folder, const SetupRecord& record) {
  auto file = file_to_change(folder + kRecord);
  if (!file) return tl::unexpected(file.error());
  file->after = record_text(record);
  return write_file(*file);
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

Result<void> SetupRun::change_server_files() {
  if (!has_server_changes()) return {};
  auto record = record_in(folder_);
  if (!record) return tl::unexpected(record.error());
  const auto before = check_server(plan_.kind, server_);
  std::vector<std::string> copies;
  std::size_t done = 0;
  Result<void> fault;
  for (; fault && done < change_.files.size(); ++done) {
    const auto& file = change_.files[done];
    copies.emplace_back();
    if (!file.is_needed()) continue;
    if (file.before && !is_ours(*record, file.path, *file.before)) {
      const auto copy = keep_copy(file, stamp_);
      if (!copy) {
        fault = tl::unexpected(copy.error());
        break;
      }
      copies.back() = *copy;
    }
    fault = write_file(file);
  }
  if (fault) {
    fault = check_server(plan_.kind, server_);
    if (!fault && !before) {
      std::printf(
          "note: your server's own check found something before setup changed anything, and "
          "still does: %s\n",
          fault.error().message.c_str());
      fault = {};
    }
  }
  if (!fault) {
    take_back(copies, copies.size());
    return fail(fault.error().message + ". Your server's files are as they were");
  }
  for (std::size_t i = 0; i < change_.files.size(); ++i) {
    const auto& file = change_.files[i];
    if (!file.is_needed()) continue;
    note_change(*record, {file.path, copies[i], file.is_gone ? "" : digest_of(file.after)});
    if (!copies[i].empty()) written_.push_back(copies[i]);
    written_.push_back(file.path + (file.is_gone ? " (removed)" : ""));
  }
  if (!backend_.spare_key.empty()) ::unlink(backend_.spare_key.c_str());
  return write_record(folder_, *record);
}

void SetupRun::take_back(const std::vector<std::string>& copies, std::size_t done) {
  for (std::size_t i = 0; i < done; ++i) {
    auto file = change_.files[i];
    if (!file.is_needed()) continue;
    if (!file.before) {
      ::unlink(file.path.c_str());
      continue;
    }
    file.after = *file.before;
    file.is_gone = false;
    if (const auto back = write_file(file); !back)
      std::printf("%s; what was there is in %s\n", back.error().message.c_str(), copies[i].c_str());
    else if (!copies[i].empty())
      ::unlink(copies[i].c_str());
  }
}

Result<std::vector<std::string>> undo_setup(const std::string& folder) {
  auto record = record_in(folder);
  if (!record) return tl::unexpected(record.error());
  std::vector<FileChange> files;
  for (const auto& changed : *record) {
    auto file = file_to_change(changed.path);
    if (!file) return tl::unexpected(file.error());
    if ((file->before ? digest_of(*file->before) : "") != changed.digest)
      return fail(changed.path + " is not as setup has left it, so nothing was taken back. " +
                  (changed.copy.empty() ? "It was not there before setup"
                                        : "What it was before is in " + changed.copy));
    if (!changed.copy.empty()) {
      const auto old = read_if_there(changed.copy, setup::kMostConfigOctets);
      if (!old) return tl::unexpected(old.error());
      if (!*old) return fail(changed.copy + " is not there any more, so nothing was taken back");
      file->after = **old;
    }
    files.push_back(std::move(*file));
  }
  std::vector<std::string> done;
  for (std::size_t i = files.size(); i-- > 0;) {
    const bool was_there = !(*record)[i].copy.empty();
    if (!was_there) ::unlink(files[i].path.c_str());
    if (was_there)
      if (auto written = write_file(files[i]); !written) return tl::unexpected(written.error());
    done.push_back(files[i].path);
  }
  ::unlink((folder + kRecord).c_str());
  return done;
}

}  // namespace portcullis::app
