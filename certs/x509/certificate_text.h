#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// Facts of a certificate in words, for refusals and logs. Every string is printable and bounded.

std::string name_text(const X509_NAME* name);  // RFC 2253 form, "(empty)" when there is none
std::string subject_text(const X509* certificate);
std::string issuer_text(const X509* certificate);
std::string minute_text(std::chrono::sys_seconds time);   // "2026-11-02 14:05 UTC"
std::string purposes_text(const X509* certificate);       // extended key usage: "clientAuth, ..."
std::string issuer_key_id_text(const X509* certificate);  // authority key id in hex, "" when absent
// The first caIssuers URL (RFC 5280 4.2.2.1), "" when absent. Text only: it is never fetched, as
// whoever made the certificate chose it.
std::string issuer_url_text(const X509* certificate);
std::string list_text(const std::vector<std::string>& names);  // the first few, "and 3 more"

}  // namespace portcullis::certs
