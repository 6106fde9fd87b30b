#include "proxy/tls/handshake_rules.h"

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

int accept_any_certificate(X509_STORE_CTX* context, void*) {
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

int select_host(SSL* ssl, int*, void* argument) {
  const char* sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (sni == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto domain = DomainName::parse(sni);
  SSL_CTX* context = domain ? static_cast<const HostTable*>(argument)->find(*domain) : nullptr;
  if (context == nullptr || SSL_set_SSL_CTX(ssl, context) == nullptr) return SSL_TLSEXT_ERR_NOACK;
  return SSL_TLSEXT_ERR_OK;
}

void free_table(void*, void* table, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<const HostTable*>(table);
}

int table_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_table);
  return slot;
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

SSL_CTX* HostTable::find(const DomainName& domain) const {
  const auto found = index.find(domain);
  return found == index.end() ? nullptr : contexts[found->second].get();
}

bool choose_by_sni(SSL_CTX* entry, std::unique_ptr<const HostTable> table) {
  auto* owned = const_cast<HostTable*>(table.get());
  if (SSL_CTX_set_ex_data(entry, table_slot(), owned) != 1) return false;
  table.release();  // NOLINT(bugprone-unused-return-value): `entry` owns it now
  SSL_CTX_set_tlsext_servername_callback(entry, &select_host);
  SSL_CTX_set_tlsext_servername_arg(entry, owned);
  return true;
}

}  // namespace portcullis::tls
