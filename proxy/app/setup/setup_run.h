#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy/app/commands.h"
#include "proxy/app/setup/backend_files.h"
#include "proxy/app/setup/folder_lock.h"
#include "proxy/app/setup/gate_toml.h"
#include "proxy/app/setup/server_change.h"
#include "proxy/app/setup/setup_record.h"
#include "proxy/app/setup/signal_hold.h"
#include "proxy/setup/plan.h"

namespace portcullis::app {

// One run of `portcullis setup`: looks, decides, shows, writes. Each step fails with a sentence.
class SetupRun {
 public:
  explicit SetupRun(const SetupOptions& options);

  // Reads the server and decides on every file; writes nothing.
  Result<void> look();
  // Shows what was found and what is different.
  void show() const;
  // Writes what may be written: with --apply everything, with --dry-run nothing. Takes the server's
  // files back when the server does not take them.
  Result<void> write();
  void show_next() const;

 private:
  // As it was asked for, and else as it is: nobody gets less strict without a word.
  Result<void> choose_mode();
  void keep_old_pins();
  // The gate's file and the server's files say the same or stay both as they are.
  bool toml_stays() const { return toml_.fate == TomlFate::kLosesLines && !options_.yes; }
  bool may_touch_server() const { return options_.apply && !options_.dry_run && !toml_stays(); }
  bool may_write_toml() const;
  bool has_server_changes() const;
  Result<void> make_local_ca();
  Result<void> write_gate_file(FileChange& change);
  Result<void> change_server_files();
  Result<void> write_toml();
  // The copies of what is not setup's own, and in `record` what is to be done.
  Result<std::vector<std::string>> begin_record(SetupRecord& record) const;
  // Fails when somebody has changed one of them since they were looked at.
  Result<void> compare_with_now() const;
  Result<void> write_server_files() const;
  // Whether every file is as it was.
  bool take_back(const std::vector<std::string>& copies) const;
  void show_files(const std::vector<FileChange>& files) const;
  void show_toml() const;

  SetupOptions options_;
  std::string folder_;  // of portcullis.toml
  std::string stamp_;
  FoundServer server_;
  setup::Plan plan_;
  BackendFiles backend_;
  ServerChange change_;
  TomlChange toml_;
  bool has_local_ca_ = false;
  bool ca_may_be_made_ = false;
  std::vector<std::string> written_;
  std::optional<FolderLock> lock_;
  std::optional<SignalHold> hold_;  // from the first thing that is written on
};

// Takes back what setup has changed in the server's folders. Fails, and changes nothing, when a
// file is not as setup has left it.
Result<std::vector<std::string>> undo_setup(const std::string& folder);

}  // namespace portcullis::app
