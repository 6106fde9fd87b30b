#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// Facts of a certificate in words, for refusals and logs. Every string is printable and bounded. A
// field that does not parse counts as absent.

// In the form of RFC 2253, at most 128 octets; "(empty)" when there is none.
std::string name_text(const X509_NAME* name);
std::string subject_text(const X509* certificate);
std::string issuer_text(const X509* certificate);
std::string minute_text(std::chrono::sys_seconds time);  // "2026-11-02 14:05 UTC"
// The extended key usage (RFC 5280 section 4.2.1.12), "serverAuth, clientAuth"; "none" when absent.
std::string purposes_text(const X509* certificate);
// The first 32 octets of the authority key identifier in hexadecimal, "" when absent.
std::string issuer_key_id_text(const X509* certificate);
// The first URL of caIssuers (RFC 5280 section 4.2.2.1), "" when absent. It is only shown and never
// fetched, because whoever made the certificate chose it.
std::string issuer_url_text(const X509* certificate);
// Type and size of its key: "RSA 2048 bits", "ECDSA P-256"; "unknown" when it does not decode.
std::string key_text(const X509* certificate);
// The first five, then "and 3 more".
std::string list_text(const std::vector<std::string>& names);

}  // namespace portcullis::certs
