#pragma once

#include <cstdint>
#include <string>

#include "policy/load/config_load.h"
#include "policy/model/diagnostic.h"
#include "proxy/app/certificate_watch_files.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::app {

struct LoadResult {
  relay::SnapshotPtr snapshot;  // null when anything is wrong
  policy::Diagnostics diagnostics;
  FilesDigest files{};      // of every file the configuration names, taken before they were loaded
  std::string config_file;  // as load() was asked for it
};

enum class Occasion : std::uint8_t {
  kColdStart,  // an exception that is over is a warning and not applied
  kRunning,    // reload, check: it is an error
};

// How the local CA is loaded; empty: with its key in this process.
using LoadLocalCa = relay::Snapshot::LoadLocalCa;

// The configuration file and every file it names; all findings of the run. `before` is what runs
// until now, or null.
LoadResult load(const std::string& config_file, Occasion occasion = Occasion::kRunning,
                const LoadLocalCa& load_local_ca = {}, const relay::Snapshot* before = nullptr);

// The two halves of it: what is read first is what is used, whatever becomes of the file meanwhile.
// `secret` as for Snapshot::build().
policy::Loaded read_config(const std::string& config_file, Occasion occasion);
LoadResult load_named_files(const std::string& config_file, policy::Loaded read,
                            const LoadLocalCa& load_local_ca,
                            const relay::Snapshot* before = nullptr,
                            const relay::DialbackSecret* secret = nullptr);

// What runs, as it would be with `enforce` as the mode of [policy]; only for judging: it has no
// local CA.
LoadResult load_enforced(const relay::Snapshot& running);

// The same configuration, which is not read again, with every file it names loaded anew.
LoadResult load_files(const relay::Snapshot& before, const LoadLocalCa& load_local_ca = {});

}  // namespace portcullis::app
