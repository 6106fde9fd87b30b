#include "proxy/tls/client_hello.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace portcullis::tls {
namespace {

// Octets of a ClientHello, from the front; empty when they end too early. The library judges a
// malformed hello by itself right after this, so here it only says nothing.
class Octets {
 public:
  explicit Octets(std::string_view all) : rest_(all) {}

  bool empty() const { return rest_.empty(); }
  std::uint32_t number(std::size_t octets) {
    std::uint32_t value = 0;
    for (const char octet : take(octets)) value = value << 8U | static_cast<unsigned char>(octet);
    return value;
  }
  // That many octets, or all that are left.
  std::string_view take(std::size_t octets) {
    const auto taken = rest_.substr(0, octets);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

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

int facts_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
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

int on_hello(SSL* ssl, int* alert, void* table) {
  if (auto* const facts = static_cast<HelloFacts*>(SSL_get_ex_data(ssl, facts_slot())))
    facts->newest = newest_version(ssl);
  if (table == nullptr) return SSL_CLIENT_HELLO_SUCCESS;
  SSL_CTX* const chosen = context_for(ssl, *static_cast<const HostTable*>(table));
  if (chosen == nullptr || SSL_set_SSL_CTX(ssl, chosen) != nullptr) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

// Tells the client that its name was used (RFC 6066 section 3).
int confirm_name(SSL* ssl, int*, void* argument) {
  const char* const sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto domain = sni != nullptr ? DomainName::parse(sni) : fail("no name");
  const bool used = domain && static_cast<const HostTable*>(argument)->find(*domain) != nullptr;
  return used ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
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

bool keep_hello(SSL* ssl, HelloFacts* facts) {
  return SSL_set_ex_data(ssl, facts_slot(), facts) == 1;
}

}  // namespace portcullis::tls
