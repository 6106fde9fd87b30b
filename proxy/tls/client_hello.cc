#include "proxy/tls/client_hello.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>

#include "proxy/base/octets.h"
#include "proxy/base/tls_version.h"
#include "proxy/tls/handshake_facts.h"

namespace portcullis::tls {
namespace {

std::string_view extension(SSL* ssl, unsigned int type) {
  const unsigned char* octets = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &octets, &size) != 1) return {};
  return {reinterpret_cast<const char*>(octets), size};
}

// RFC 6066 section 3: a list of names, of which there is one.
std::optional<DomainName> named_host(SSL* ssl) {
  constexpr std::uint32_t host_name = 0;
  Octets list(extension(ssl, TLSEXT_TYPE_server_name));
  list.number(2);
  if (list.empty() || list.number(1) != host_name) return std::nullopt;
  const auto name = DomainName::parse(list.take(list.number(2)));
  return name ? std::optional(*name) : std::nullopt;
}

// RFC 8446 section 4.2.1. Values that are no version are GREASE (RFC 8701) or drafts.
TlsVersion newest_version(SSL* ssl) {
  Octets list(extension(ssl, TLSEXT_TYPE_supported_versions));
  if (list.empty())
    return tls_version_of(static_cast<int>(SSL_client_hello_get0_legacy_version(ssl)));
  list.number(1);
  TlsVersion newest = TlsVersion::kUnknown;
  while (!list.empty()) newest = std::max(newest, tls_version_of(static_cast<int>(list.number(2))));
  return newest;
}

// A suite of TLS 1.3 says nothing about the key exchange, and all that there is has forward
// secrecy.
bool is_of_tls13(const SSL_CIPHER* suite) {
  return (SSL_CIPHER_get_protocol_id(suite) >> 8) == 0x13;
}

bool offers_rsa_key_exchange_only(SSL* ssl) {
  if (SSL_client_hello_isv2(ssl) == 1)
    return false;  // another format, with which nothing is agreed
  const unsigned char* octets = nullptr;
  const std::size_t size = SSL_client_hello_get0_ciphers(ssl, &octets);
  bool rsa = false;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    const SSL_CIPHER* const suite = SSL_CIPHER_find(ssl, octets + i);
    if (suite == nullptr) continue;
    if (is_of_tls13(suite)) return false;
    const int exchange = SSL_CIPHER_get_kx_nid(suite);
    if (exchange == NID_kx_rsa) rsa = true;
    if (exchange == NID_kx_ecdhe || exchange == NID_kx_dhe) return false;
  }
  return rsa;
}

void free_table(void*, void* table, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<const HostTable*>(table);
}

int table_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_table);
  return slot;
}

SSL_CTX* context_for(SSL* ssl, const HostTable& table) {
  const auto host = named_host(ssl);
  return host ? table.find(*host) : nullptr;
}

int choose(SSL* ssl, int* alert, void* table) {
  if (auto* const facts = facts_of(ssl)) {
    facts->newest = newest_version(ssl);
    facts->only_rsa_key_exchange = offers_rsa_key_exchange_only(ssl);
  }
  if (table == nullptr) return SSL_CLIENT_HELLO_SUCCESS;
  const auto& hosts = *static_cast<const HostTable*>(table);
  SSL_CTX* const chosen = context_for(ssl, hosts);
  // The session began with all that the first host has, and to choose copies it.
  if (chosen == nullptr || chosen == hosts.contexts.front().get()) return SSL_CLIENT_HELLO_SUCCESS;
  if (SSL_set_SSL_CTX(ssl, chosen) != nullptr) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

// No exception may pass through OpenSSL.
int on_hello(SSL* ssl, int* alert, void* table) {
  try {
    return choose(ssl, alert, table);
  } catch (const std::bad_alloc&) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
}

int confirm(SSL* ssl, void* argument) {
  const char* const sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto domain = sni != nullptr ? DomainName::parse(sni) : fail("no name");
  const bool used = domain && static_cast<const HostTable*>(argument)->find(*domain) != nullptr;
  return used ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// Tells the client that its name was used (RFC 6066 section 3).
int confirm_name(SSL* ssl, int*, void* argument) {
  try {
    return confirm(ssl, argument);
  } catch (const std::bad_alloc&) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
}

}  // namespace

void read_hellos(SSL_CTX* context) {
  SSL_CTX_set_client_hello_cb(context, &on_hello, nullptr);
}

bool choose_by_sni(SSL_CTX* context, std::unique_ptr<const HostTable> table) {
  auto* const owned =
      const_cast<HostTable*>(table.get());  // the library's parameters have no const
  if (SSL_CTX_set_ex_data(context, table_slot(), owned) != 1) return false;
  table.release();  // NOLINT(bugprone-unused-return-value): `context` owns it now
  SSL_CTX_set_client_hello_cb(context, &on_hello, owned);
  SSL_CTX_set_tlsext_servername_callback(context, &confirm_name);
  SSL_CTX_set_tlsext_servername_arg(context, owned);
  return true;
}

}  // namespace portcullis::tls
