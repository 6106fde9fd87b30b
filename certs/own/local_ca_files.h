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

// Writes both files into `directory`, which is made if needed, and waits until they are on disk. A
// file that exists is never overwritten. After a failure no new file is left behind.
Result<void> write_ca_files(const std::string& directory, std::string_view certificate_pem,
                            std::string_view key_pem);

}  // namespace portcullis::certs
