#include "proxy/tls/failure.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <string>
#include <string_view>

#include "proxy/base/tls_version.h"

namespace portcullis::tls {
namespace {

using policy::Reason;

Reason reason_for(int ssl_reason) {
  switch (ssl_reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return Reason::kTlsVersionTooLow;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
      return Reason::kTlsNoCommonSuite;
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      return Reason::kAlpnMismatch;
    default:
      return Reason::kTlsFailed;
  }
}

std::string_view version_text(int wire) {
  const TlsVersion version = tls_version_of(wire);
  if (version != TlsVersion::kUnknown) return name(version);
  return wire == SSL3_VERSION ? "SSLv3" : "a lower version";
}

// The highest version that the peer can do is known only from its ClientHello.
std::string_view offered_text(const SSL* ssl) {
  return ssl != nullptr && SSL_is_server(ssl) == 1 ? version_text(SSL_client_version(ssl))
                                                   : version_text(0);
}

std::string_view least_text(SSL* ssl) {
  return version_text(ssl != nullptr ? static_cast<int>(SSL_get_min_proto_version(ssl)) : 0);
}

}  // namespace

policy::Refusal describe_failure(const certs::OpensslError& error, SSL* ssl) {
  if (error.library != ERR_LIB_SSL) {
    return policy::refuse(Reason::kTlsFailed, {{"detail", error.text}});
  }
  const bool peers_alert = error.reason > SSL_AD_REASON_OFFSET;
  const std::string detail =
      peers_alert ? "the peer refused with the alert \"" + error.text + "\"" : error.text;
  return policy::refuse(
      reason_for(error.reason),
      {{"detail", detail}, {"version", offered_text(ssl)}, {"min", least_text(ssl)}});
}

}  // namespace portcullis::tls
