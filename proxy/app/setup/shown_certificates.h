#pragma once

#include <string>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "policy/model/config.h"
#include "proxy/base/result.h"

namespace portcullis::app {

// What a host's own server shows now for one of its names.
struct ShownCertificate {
  std::string name;  // a domain or an alias, printable
  certs::X509Ptr leaf;
};

// Asks the server of `host` for the certificate of its domain and of each alias, at its port for
// other servers, or at that for clients where only that one has TLS. Nobody is authenticated, and
// nothing is sent but the beginning of a stream. Blocks; ends within a bounded time. The error says
// for which name there was no certificate, and why.
Result<std::vector<ShownCertificate>> ask_for_certificates(const policy::Config& config,
                                                           const policy::Host& host);

}  // namespace portcullis::app
