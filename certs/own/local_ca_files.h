#pragma once

#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis::certs {

struct CaPaths {
  std::string certificate;  // ca.pem
  std::string key;          // ca.key
};
CaPaths ca_paths(const std::string& directory);

// Writes both files, durably, into `directory`, which is made if needed. Neither is ever
// overwritten; after a failure none of the two is left behind that was not there before.
Result<void> write_ca_files(const std::string& directory, std::string_view certificate_pem,
                            std::string_view key_pem);

// The key file's text; fails when anybody but its owner can read or write it.
Result<std::string> read_ca_key(const std::string& path);

}  // namespace portcullis::certs
