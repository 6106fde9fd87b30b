#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// In octets. The bundle of a distribution has 0.2 MiB.
inline constexpr std::size_t kPemFileLimit = std::size_t{8} * 1024 * 1024;

// The whole file. Fails when it cannot be read or is longer than kPemFileLimit; the error names it.
Result<std::string> read_file(const std::string& path);

// Every certificate of a PEM text, in order; PEM blocks of other kinds are skipped. Fails when
// there is no certificate or when one does not parse. `path` only names the text in the error.
Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem, const std::string& path);
// The same for revocation lists, X509 CRL blocks.
Result<std::vector<X509CrlPtr>> parse_revocation_lists(std::string_view pem,
                                                       const std::string& path);
// The certificates in the file at `path`.
Result<std::vector<X509Ptr>> read_certificates(const std::string& path);

// An unencrypted private key. An encrypted one is an error: nobody is asked for a passphrase. The
// text is wiped from memory. `path` only names it in the error.
Result<EvpPkeyPtr> parse_private_key(std::string pem, const std::string& path);

}  // namespace portcullis::certs
