#include "proxy/tls/context_builder.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "certs/own/x509_builder.h"
#include "certs/x509/openssl_error.h"
#include "proxy/tls/client_hello.h"
#include "proxy/tls/handshake_rules.h"
#include "proxy/tls/key_exchange.h"
#include "proxy/tls/message_screen.h"

namespace portcullis::tls {
namespace {

using certs::SslCtxPtr;

static_assert(static_cast<int>(TlsVersion::kTls10) == TLS1_VERSION &&
              static_cast<int>(TlsVersion::kTls11) == TLS1_1_VERSION &&
              static_cast<int>(TlsVersion::kTls12) == TLS1_2_VERSION &&
              static_cast<int>(TlsVersion::kTls13) == TLS1_3_VERSION);

constexpr TlsVersion kBackendMinVersion = TlsVersion::kTls12;
constexpr int kSecurityLevel = 2;  // Debian's default; set here so that openssl.cnf cannot lower it
// Chains of the public CAs stay below 10 KiB. To decode one certificate costs about 0.2 ms, and
// the library offers no hook before it does.
constexpr long kMaxCertificateList = 16L * 1024;
// What we call may send the names of all the CAs it trusts, for which the library has the same
// limit: those of Debian's store have 15 KiB.
constexpr long kMaxListOfACalledPeer = 24L * 1024;
constexpr std::size_t kClientTickets = 1;

// What all our contexts have in common, except for tickets. Ciphers, groups and signature
// algorithms stay at the library's defaults, so that we profit from its upgrades.
Result<SslCtxPtr> new_context(const SSL_METHOD* method, TlsVersion min_version) {
  ERR_clear_error();
  SslCtxPtr context(SSL_CTX_new(method));
  if (!context ||
      SSL_CTX_set_min_proto_version(context.get(), static_cast<int>(min_version)) != 1) {
    return fail("TLS cannot be set up: " + certs::take_openssl_error().text);
  }
  // The first option makes "ECDSA is preferred" true. Without it, a peer that lists RSA first gets
  // RSA.
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                         SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
  // A few octets could become a list of any size (RFC 8879). And ours would be compressed anew for
  // each stream that we open, which takes more than the octets are worth.
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
#endif
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_security_level(context.get(), kSecurityLevel);
  SSL_CTX_set_max_cert_list(context.get(), kMaxCertificateList);
  screen_messages(context.get());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Early data can be replayed, and would reach us before the peer is known.
  SSL_CTX_set_max_early_data(context.get(), 0);
  SSL_CTX_set_recv_max_early_data(context.get(), 0);
  return context;
}

// In a resumed session no certificates are shown, so the certificate gate would have nothing to
// judge.
void forbid_resumption(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
}

// RFC 6066 section 3: a session of one host may not be resumed at another.
bool bind_sessions(SSL_CTX* context, const DomainName& host) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;  // NOLINT(*-member-init)
  static_assert(digest.size() <= SSL_MAX_SID_CTX_LENGTH);
  const auto& name = host.a_label();
  unsigned int size = 0;
  return EVP_Digest(name.data(), name.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
         SSL_CTX_set_session_id_context(context, digest.data(), size) == 1;
}

Result<void> use_pair(SSL_CTX* context, const HostCredentials& host, const certs::KeyPair& pair) {
  const certs::BorrowedX509Stack chain(sk_X509_new_null());
  bool complete = chain != nullptr;
  for (const certs::X509Ptr& certificate : pair.chain) {
    complete = complete && sk_X509_push(chain.get(), certificate.get()) > 0;
  }
  constexpr int keep_existing = 0;  // a second pair of the same type is an error
  if (complete && SSL_CTX_use_cert_and_key(context, pair.leaf.get(), pair.key.get(), chain.get(),
                                           keep_existing) == 1) {
    return {};
  }
  return fail("host " + host.domain.a_label() + ": the " + std::string(name(pair.type)) +
              " certificate cannot be used (" + certs::take_openssl_error().text +
              "); give at most one pair per key type, each at least RSA-2048 or P-256");
}

Result<void> use_pairs(SSL_CTX* context, const HostCredentials& host, const WanRules& rules) {
  if (host.pairs.empty() && !rules.may_show_none) {
    return fail("host " + host.domain.a_label() + ": has no certificate; give one chain and key");
  }
  const bool calls = rules.kind == StreamKind::kS2sOutbound;
  for (const certs::KeyPair& pair : calls ? host.for_calling() : host.pairs) {
    if (auto used = use_pair(context, host, pair); !used) return used;
  }
  return {};
}

bool forbids_krsa(const certs::KeyPair& pair) {
  return pair.type == KeyType::kRsa && !certs::allows_key_encipherment(pair);
}

// What `rules` say, and what the certificates of `host` allow besides.
KeyExchangeRules key_exchange_of(const HostCredentials& host, const WanRules& rules) {
  KeyExchangeRules result = rules.key_exchange;
  const bool receiving = rules.kind != StreamKind::kS2sOutbound;
  if (receiving && std::any_of(host.pairs.begin(), host.pairs.end(), &forbids_krsa))
    result.forward_secrecy = true;
  return result;
}

Result<SslCtxPtr> new_wan_context(const SSL_METHOD* method, const HostCredentials& host,
                                  const WanRules& rules) {
  auto context = new_context(method, rules.min_version);
  if (!context) return context;
  if (!limit_key_exchange(context->get(), key_exchange_of(host, rules)))
    return fail("TLS cannot be set up: " + certs::take_openssl_error().text);
  if (auto used = use_pairs(context->get(), host, rules); !used)
    return fail(std::move(used.error().message));
  if (rules.asks_for_certificate) postpone_verification(context->get());
  return context;
}

}  // namespace

Result<SslCtxPtr> build_wan_receiving(const HostCredentials& host, const WanRules& rules) {
  auto context = new_wan_context(TLS_server_method(), host, rules);
  if (!context) return context;
  SSL_CTX* raw = context->get();
  answer_alpn(raw, rules.kind, rules.entry);
  read_hellos(raw);
  if (!rules.tickets || rules.asks_for_certificate) {
    forbid_resumption(raw);
    return context;
  }
  SSL_CTX_set_num_tickets(raw, kClientTickets);
  if (!bind_sessions(raw, host.domain) || !use_ticket_keys(raw, rules.tickets))
    return fail("TLS cannot be set up: out of memory");
  return context;
}

Result<SslCtxPtr> build_wan_initiating(const HostCredentials& host, const WanRules& rules) {
  auto context = new_wan_context(TLS_client_method(), host, rules);
  if (!context) return context;
  forbid_resumption(context->get());
  SSL_CTX_set_max_cert_list(context->get(), kMaxListOfACalledPeer);
  // Asks for an OCSP response, because some certificates demand one (RFC 7633).
  SSL_CTX_set_tlsext_status_type(context->get(), TLSEXT_STATUSTYPE_ocsp);
  return context;
}

Result<SslCtxPtr> build_backend_receiving() {
  auto context = new_context(TLS_server_method(), kBackendMinVersion);
  if (!context) return context;
  if (!limit_key_exchange(context->get(), {}))
    return fail("TLS cannot be set up: " + certs::take_openssl_error().text);
  postpone_verification(context->get());
  forbid_resumption(context->get());
  return context;
}

Result<SslCtxPtr> build_backend_anonymous() {
  auto context = build_backend_receiving();
  auto key = certs::generate_p256_key();
  if (!context || !key) return context ? fail(std::move(key.error().message)) : std::move(context);
  const auto certificate = certs::build_nameless(key->get());
  if (!certificate) return fail(certificate.error().message);
  if (SSL_CTX_use_cert_and_key(context->get(), certificate->get(), key->get(), nullptr, 0) != 1) {
    return fail("TLS cannot be set up: " + certs::take_openssl_error().text);
  }
  return context;
}

Result<SslCtxPtr> build_backend_direct() {
  auto context = build_backend_anonymous();
  if (context) answer_alpn(context->get(), StreamKind::kS2sInbound, TlsEntry::kDirectTls);
  return context;
}

Result<SslCtxPtr> build_backend_initiating() {
  auto context = new_context(TLS_client_method(), kBackendMinVersion);
  if (!context) return context;
  postpone_verification(context->get());
  forbid_resumption(context->get());
  return context;
}

}  // namespace portcullis::tls
