#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/model/backend_kind.h"
#include "proxy/base/result.h"
#include "proxy/setup/server_facts.h"

namespace portcullis::setup {

enum class Mode : std::uint8_t { kObserve, kEnforce };

struct PlannedHost {
  std::string domain;  // as the server spells it
  std::vector<std::string> aliases;
  bool is_new = false;  // the server does not have it yet
};

// What was asked for, put together with what the server has.
struct Plan {
  policy::BackendKind kind = policy::BackendKind::kOther;
  Mode mode = Mode::kObserve;
  std::vector<PlannedHost> hosts;
  std::string local_ca;         // its folder
  std::string pins;             // backend.pem
  std::string certificate;      // what the server itself shows, in a place that it can read
  std::string key;              // "": in the file of `certificate`
  std::string acme_dir;         // "": the gate's own folder
  std::string certificates;     // that folder
  bool shared_machine = false;  // others have accounts here, so nothing goes in the clear
  bool mode_elsewhere = false;  // a file of conf.d gives the mode
  bool default_places = true;   // of the files of the gate; they need no words then
  std::vector<std::string> notes;
};

// The hosts that are meant, with the components that belong to each. `domains` empty: all hosts of
// the server but localhost. Fails when none is left or a name is no domain. What is left out of the
// gate although the server has it is told in `notes`.
Result<std::vector<PlannedHost>> choose_hosts(const ServerFacts& facts,
                                              const std::vector<std::string>& domains,
                                              std::vector<std::string>& notes);

// Every domain and alias, each once.
std::vector<std::string> all_names(const Plan& plan);

// portcullis.toml for it, with every line explained.
std::string gate_file(const Plan& plan);

}  // namespace portcullis::setup
