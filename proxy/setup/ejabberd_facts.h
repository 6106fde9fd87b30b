#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/setup/server_facts.h"
#include "proxy/setup/yaml_tree.h"

namespace portcullis::setup {

struct EjabberdFacts {
  ServerFacts server;
  std::vector<std::string> certificate_files;  // of certfiles, with * as it stands there
  // Sentences: what in these files has a say in what setup changes, but stands where setup does not
  // change anything.
  std::vector<std::string> by_hand;
};

// The text of a file that is included; the path is as it stands there.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// What ejabberd.yml says of hosts, listeners and services, with its macros, the files it includes,
// and what it says of single hosts. `path` is for messages. Services
// are those of `more_hosts`, too.
Result<EjabberdFacts> ejabberd_facts(const std::string& path, const std::string& text,
                                     const ReadFile& read_file,
                                     const std::vector<std::string>& more_hosts = {});

}  // namespace portcullis::setup
