#include "proxy/tls/context_builder.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "certs/openssl_error.h"
#include "proxy/tls/handshake_rules.h"

namespace portcullis::tls {
namespace {

using certs::SslCtxPtr;

constexpr std::uint16_t kBackendMinVersion = TLS1_2_VERSION;
constexpr int kSecurityLevel = 2;  // the distribution's default, not left to its configuration
constexpr long kMaxCertificateList = 100L * 1024;
constexpr std::size_t kClientTickets = 1;

struct X509StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

// What every context of ours has in common, except for tickets. Ciphers, groups and signature
// algorithms stay at the library's defaults, so that its upgrades are ours.
Result<SslCtxPtr> new_context(const SSL_METHOD* method, std::uint16_t min_version) {
  ERR_clear_error();
  SslCtxPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), min_version) != 1) {
    return fail("TLS cannot be set up: " + certs::take_openssl_error().text);
  }
  // The first makes "ECDSA is preferred" true: without it a peer that lists RSA first gets RSA.
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                         SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_security_level(context.get(), kSecurityLevel);
  SSL_CTX_set_max_cert_list(context.get(), kMaxCertificateList);
  SSL_CTX_set_dh_auto(context.get(), 1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

// A resumed session would skip certificates, and with them the certificate gate.
void forbid_resumption(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
}

Result<void> use_pair(SSL_CTX* context, const HostCredentials& host, const certs::KeyPair& pair) {
  const std::unique_ptr<STACK_OF(X509), X509StackFree> chain(sk_X509_new_null());
  bool complete = chain != nullptr;
  for (const certs::X509Ptr& certificate : pair.chain) {
    complete = complete && sk_X509_push(chain.get(), certificate.get()) > 0;
  }
  constexpr int keep_existing = 0;  // a second pair of one type is an error, not a replacement
  if (complete && SSL_CTX_use_cert_and_key(context, pair.leaf.get(), pair.key.get(), chain.get(),
                                           keep_existing) == 1) {
    return {};
  }
  return fail("host " + host.domain.text() + ": the " + std::string(certs::name(pair.type)) +
              " certificate cannot be used (" + certs::take_openssl_error().text +
              "); give at most one pair per key type, each at least RSA-2048 or P-256");
}

Result<void> use_pairs(SSL_CTX* context, const HostCredentials& host) {
  if (host.pairs.empty()) {
    return fail("host " + host.domain.text() + ": has no certificate; give one chain and key");
  }
  for (const certs::KeyPair& pair : host.pairs) {
    if (auto used = use_pair(context, host, pair); !used) return used;
  }
  return {};
}

}  // namespace

Result<SslCtxPtr> build_wan_receiving(const HostCredentials& host, StreamKind kind, TlsEntry entry,
                                      std::uint16_t min_version,
                                      const std::shared_ptr<TicketKeys>& tickets) {
  auto context = new_context(TLS_server_method(), min_version);
  if (!context) return context;
  SSL_CTX* raw = context->get();
  if (auto used = use_pairs(raw, host); !used) return fail(std::move(used.error().message));
  answer_alpn(raw, kind, entry);
  if (kind != StreamKind::kC2s) postpone_verification(raw);
  if (kind != StreamKind::kC2s || !tickets) {
    forbid_resumption(raw);
    return context;
  }
  SSL_CTX_set_num_tickets(raw, kClientTickets);
  if (!use_ticket_keys(raw, tickets)) return fail("TLS cannot be set up: out of memory");
  return context;
}

Result<SslCtxPtr> build_wan_initiating(const HostCredentials& host, std::uint16_t min_version) {
  auto context = new_context(TLS_client_method(), min_version);
  if (!context) return context;
  if (auto used = use_pairs(context->get(), host); !used) {
    return fail(std::move(used.error().message));
  }
  postpone_verification(context->get());
  forbid_resumption(context->get());
  return context;
}

Result<SslCtxPtr> build_backend_receiving() {
  auto context = new_context(TLS_server_method(), kBackendMinVersion);
  if (!context) return context;
  postpone_verification(context->get());
  forbid_resumption(context->get());
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
