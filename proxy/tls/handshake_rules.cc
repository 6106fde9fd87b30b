#include "proxy/tls/handshake_rules.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509_vfy.h>

namespace portcullis::tls {
namespace {

struct AlpnRule {
  std::string_view protocol;
  bool demanded;
};

constexpr std::string_view kXmppServer = "xmpp-server";
constexpr std::string_view kXmppClient = "xmpp-client";
constexpr AlpnRule kServerStartTls{kXmppServer, false};
constexpr AlpnRule kServerDirect{kXmppServer, true};
constexpr AlpnRule kClientStartTls{kXmppClient, false};
constexpr AlpnRule kClientDirect{kXmppClient, true};

const AlpnRule& rule_for(StreamKind kind, TlsEntry entry) {
  const bool direct = entry == TlsEntry::kDirectTls;
  if (kind == StreamKind::kC2s) return direct ? kClientDirect : kClientStartTls;
  return direct ? kServerDirect : kServerStartTls;
}

// The largest keys whose signature costs no more than a few ordinary ones to verify.
constexpr int kMaxRsaBits = 8192;
constexpr int kMaxExponentBits = 64;

// Whether the peer's signature in this handshake costs a bounded time to verify. It is asked for
// before that signature is looked at.
bool is_affordable(const X509* leaf) {
  const EVP_PKEY* const key = leaf != nullptr ? X509_get0_pubkey(leaf) : nullptr;
  if (key == nullptr) return true;
  // No server has a DSA key, which can be as large as an RSA key and costs more.
  if (EVP_PKEY_is_a(key, "DSA") == 1) return false;
  if (EVP_PKEY_is_a(key, "RSA") != 1 && EVP_PKEY_is_a(key, "RSA-PSS") != 1) return true;
  BIGNUM* read = nullptr;
  const bool found = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &read) == 1;
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> exponent(read, &BN_free);
  return found && BN_num_bits(exponent.get()) <= kMaxExponentBits &&
         EVP_PKEY_get_bits(key) <= kMaxRsaBits;
}

int accept_any_certificate(X509_STORE_CTX* context, void*) {
  if (!is_affordable(X509_STORE_CTX_get0_cert(context))) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REJECTED);
    return 0;
  }
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 1;
}

int select_alpn(SSL*, const unsigned char** selected, unsigned char* selected_size,
                const unsigned char* offered, unsigned int offered_size, void* argument) {
  const auto& rule = *static_cast<const AlpnRule*>(argument);
  std::string_view rest(reinterpret_cast<const char*>(offered), offered_size);
  while (!rest.empty()) {
    const auto size = static_cast<unsigned char>(rest.front());
    const std::string_view protocol = rest.substr(1, size);
    if (protocol == rule.protocol) {
      *selected = reinterpret_cast<const unsigned char*>(protocol.data());
      *selected_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(1 + protocol.size());
  }
  return rule.demanded ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

// Signature algorithms (RFC 8446 section 4.2.3) that need a key of this type.
const char* algorithms_of(KeyType type) {
  switch (type) {
    case KeyType::kEcdsa:
      return "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512";
    case KeyType::kRsa:
      return "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
             "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
             "RSA+SHA256:RSA+SHA384:RSA+SHA512";
    case KeyType::kEddsa:
      return "ed25519:ed448";
  }
  return "";
}

}  // namespace

std::string_view alpn_protocol(StreamKind kind) {
  return kind == StreamKind::kC2s ? kXmppClient : kXmppServer;
}

void postpone_verification(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &accept_any_certificate, nullptr);
}

void answer_alpn(SSL_CTX* context, StreamKind kind, TlsEntry entry) {
  // The callback only reads; OpenSSL's parameter has no const.
  SSL_CTX_set_alpn_select_cb(context, &select_alpn, const_cast<AlpnRule*>(&rule_for(kind, entry)));
}

bool accept_keys_of(SSL* ssl, KeyType type) {
  return SSL_set1_sigalgs_list(ssl, algorithms_of(type)) == 1;
}

SSL_CTX* HostTable::find(const DomainName& domain) const {
  const auto found = index.find(domain);
  return found == index.end() ? nullptr : contexts[found->second].get();
}

}  // namespace portcullis::tls
