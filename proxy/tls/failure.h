#pragma once

#include <openssl/ssl.h>

#include "certs/x509/openssl_error.h"
#include "policy/reasons/reason.h"
#include "proxy/tls/client_hello.h"

namespace portcullis::tls {

// Why a session failed, from what OpenSSL recorded: tls_version_too_low, tls_no_common_suite,
// alpn_mismatch or tls_failed. `ssl` (may be null) tells which version is needed, `hello` which one
// was offered.
policy::Refusal describe_failure(const certs::OpensslError& error, SSL* ssl,
                                 const HelloFacts& hello);

}  // namespace portcullis::tls
