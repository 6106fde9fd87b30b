#include "proxy/tls/failure.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <string>
#include <string_view>

#include "proxy/base/tls_version.h"
#include "proxy/tls/key_exchange.h"

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

// The reason that the library's error names, unless what was offered says otherwise.
Reason reason_for(int ssl_reason, SSL* ssl, const HandshakeFacts& peer) {
  const Reason named = reason_for(ssl_reason);
  // A client that offers enough and breaks off all the same: a scanner that tries one version after
  // the other, or one that does not like what we chose.
  if (named == Reason::kTlsVersionTooLow && peer.newest >= least_version(ssl) &&
      peer.newest != TlsVersion::kUnknown)
    return Reason::kTlsFailed;
  if (ssl_reason == SSL_R_NO_SHARED_CIPHER && peer.only_rsa_key_exchange && ssl != nullptr &&
      demands_forward_secrecy(ssl))
    return Reason::kTlsNoForwardSecrecy;
  return named;
}

// In words, for those who cannot ask OpenSSL.
std::string detail_of(const certs::OpensslError& error, SSL* ssl) {
  if (error.reason <= SSL_AD_REASON_OFFSET) return error.text;
  const std::string alert = "the peer refused with the alert \"" + error.text + "\"";
  const bool before_its_hello =
      ssl != nullptr && SSL_is_server(ssl) == 0 && SSL_get_current_cipher(ssl) == nullptr;
  const bool guess = error.reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && before_its_hello &&
                     demands_forward_secrecy(ssl);
  return guess ? alert + "; it may know only key exchange by RSA, which has no forward secrecy"
               : alert;
}

}  // namespace

std::optional<TlsLimit> exceeded(const certs::OpensslError& error, const HandshakeFacts& peer) {
  if (peer.limit) return peer.limit;
  if (error.library != ERR_LIB_SSL) return std::nullopt;
  if (error.reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return TlsLimit::kKey;
  if (error.reason == SSL_R_EXCESSIVE_MESSAGE_SIZE) return TlsLimit::kMessage;
  return std::nullopt;
}

policy::Refusal describe_failure(const certs::OpensslError& error, SSL* ssl,
                                 const HandshakeFacts& peer) {
  if (!peer.refused.empty()) return policy::refuse(Reason::kTlsFailed, {{"detail", peer.refused}});
  if (error.library != ERR_LIB_SSL) {
    return policy::refuse(Reason::kTlsFailed, {{"detail", error.text}});
  }
  // The one thing for which postpone_verification() fails a handshake.
  if (exceeded(error, peer) == TlsLimit::kKey) {
    return policy::refuse(Reason::kTlsFailed,
                          {{"detail",
                            "the key of the certificate is too large to be looked at: "
                            "RSA over 8192 bits, an exponent over 64 bits, or DSA"}});
  }
  return policy::refuse(reason_for(error.reason, ssl, peer),
                        {{"detail", detail_of(error, ssl)},
                         {"version", version_text(peer.newest)},
                         {"min", version_text(least_version(ssl))}});
}

}  // namespace portcullis::tls
