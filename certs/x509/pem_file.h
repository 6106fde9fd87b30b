#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

inline constexpr std::size_t kPemFileLimit =
    std::size_t{8} * 1024 * 1024;  // a system bundle is 0.2 MiB

// The whole file, at most kPemFileLimit octets. The error names the file.
Result<std::string> read_file(const std::string& path);

// Every certificate of a PEM text, in order; other PEM blocks are passed over. Fails when there is
// none or one does not parse. `path` is for the error only.
Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem, const std::string& path);
Result<std::vector<X509Ptr>> read_certificates(const std::string& path);

// An unencrypted private key. Never asks for a passphrase; wipes the text it is given.
Result<EvpPkeyPtr> parse_private_key(std::string pem, const std::string& path);
Result<EvpPkeyPtr> read_private_key(const std::string& path);

}  // namespace portcullis::certs
