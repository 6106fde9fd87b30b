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

std::string_view version_text(TlsVersion version) {
  return version != TlsVersion::kUnknown ? name(version) : "a lower version";
}

TlsVersion least_version(SSL* ssl) {
  return ssl != nullptr ? tls_version_of(static_cast<int>(SSL_get_min_proto_version(ssl)))
                        : TlsVersion::kUnknown;
}

}  // namespace

policy::Refusal describe_failure(const certs::OpensslError& error, SSL* ssl,
                                 const HelloFacts& hello) {
  if (error.library != ERR_LIB_SSL) {
    return policy::refuse(Reason::kTlsFailed, {{"detail", error.text}});
  }
  // The one thing for which postpone_verification() fails a handshake.
  if (error.reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return policy::refuse(
        Reason::kTlsFailed,
        {{"detail", "the certificate has an RSA key over 8192 bits or an exponent over 64 bits"}});
  }
  const bool peers_alert = error.reason > SSL_AD_REASON_OFFSET;
  const std::string detail =
      peers_alert ? "the peer refused with the alert \"" + error.text + "\"" : error.text;
  return policy::refuse(reason_for(error.reason), {{"detail", detail},
                                                   {"version", version_text(hello.newest)},
                                                   {"min", version_text(least_version(ssl))}});
}

}  // namespace portcullis::tls
