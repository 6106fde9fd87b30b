#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace portcullis::policy {

using Environment = std::map<std::string, std::string, std::less<>>;

struct ConfigText {
  std::string file;  // as findings name it
  std::string toml;
};

// All that a configuration is made from, already read.
struct ConfigSources {
  std::vector<ConfigText> texts;  // at least one: portcullis.toml, then those of conf.d
  std::string folder;             // relative paths are relative to it
  Environment environment;        // for ${NAME}
};

}  // namespace portcullis::policy
