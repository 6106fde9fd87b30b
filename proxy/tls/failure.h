#pragma once

#include <openssl/ssl.h>

#include <optional>

#include "certs/x509/openssl_error.h"
#include "policy/reasons/reason.h"
#include "proxy/tls/handshake_facts.h"

namespace portcullis::tls {

// Why a session failed, from what OpenSSL recorded: tls_version_too_low, tls_no_forward_secrecy,
// tls_no_common_suite, alpn_mismatch or tls_failed. `ssl` (may be null) tells what is demanded,
// `peer` what was offered.
policy::Refusal describe_failure(const certs::OpensslError& error, SSL* ssl,
                                 const HandshakeFacts& peer);

// The limit that the peer went over, if the session failed for that.
std::optional<TlsLimit> exceeded(const certs::OpensslError& error, const HandshakeFacts& peer);

}  // namespace portcullis::tls
