#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/model/config.h"

namespace portcullis::app {

// A file that the configuration names, or that may be a host's in a folder of certificates.
struct NamedFile {
  enum class Kind : std::uint8_t {
    kCertificates,  // of ours, of authorities; revocation lists
    kPrivateKey,
    kBackendCertificate,
  };
  std::string path;  // "*.pem" at its end stands for all such files of the folder
  std::string key;   // that names it: "host[0].certificates[0].chain"
  Kind kind = Kind::kCertificates;
};

// All of them, each as often as it is named. Those of a folder of certificates need not exist. The
// system's own roots are not among them.
std::vector<NamedFile> named_files(const policy::Config& config);

// The files that `named` stands for right now: itself, whether it is there or not, or those that a
// "*.pem" at its end means, in the order of their names.
std::vector<std::string> files_meant_by(const std::string& named);
bool is_pattern(const std::string& named);

}  // namespace portcullis::app
