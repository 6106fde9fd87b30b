#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/setup/server_facts.h"

namespace portcullis::setup {

// A setting of ours that something else in Prosody's configuration overrules.
struct LostSetting {
  std::string key;
  std::string host;   // the VirtualHost or Component that says it; "": the global section
  std::string value;  // as Lua
  std::vector<std::string> places;  // FILE:LINE of all that set this key, as far as a search shows
};

struct ProsodyFacts {
  ServerFacts server;
  std::map<std::string, std::string, std::less<>> settings;  // global ones, as Lua
  std::vector<std::string> modules;                          // all that are enabled anywhere
  std::vector<std::string> modules_disabled;
  std::vector<std::string> component_modules;
  std::vector<std::string> added_hosts;  // that the file of setup has; in server.hosts, too
  std::vector<std::string> strict;       // "HOST has KEY = VALUE": beyond what observe mode lets in
  bool has_unbound = false;
  std::vector<LostSetting> lost;
};

struct PlannedFile {
  std::string path;
  std::string text;
};

// What read_prosody.lua is given. `files` are read as if they were there.
std::string prosody_question(std::string_view mark, const std::string& source,
                             const std::string& main_file, const std::vector<PlannedFile>& files);
// What it printed; other output, such as of a print() in the configuration, may stand around it.
// The error is what Prosody's own parser says.
Result<ProsodyFacts> prosody_answer(std::string_view mark, std::string_view printed);

}  // namespace portcullis::setup
