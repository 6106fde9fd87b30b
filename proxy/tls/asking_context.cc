#include "proxy/tls/asking_context.h"

#include <openssl/ssl.h>

#include <utility>

#include "proxy/tls/context_builder.h"
#include "proxy/tls/handshake_rules.h"
#include "proxy/tls/initiating_engine.h"

namespace portcullis::tls {

Result<AskingContext> AskingContext::build(const HostCredentials& shown, TlsVersion min_version,
                                           const KeyExchangeRules& key_exchange) {
  WanRules rules;
  rules.kind = StreamKind::kS2sOutbound;
  rules.min_version = min_version;
  rules.key_exchange = key_exchange;
  rules.may_show_none = true;
  auto context = build_wan_initiating(shown, rules);
  if (!context) return tl::unexpected(std::move(context.error()));
  return AskingContext(*std::move(context));
}

std::unique_ptr<Engine> AskingContext::connect(const DomainName& domain, StreamKind kind,
                                               TlsEntry entry, std::optional<KeyType> only) const {
  certs::SslPtr ssl(SSL_new(context_.get()));
  if (ssl && entry == TlsEntry::kDirectTls && !offer_alpn(ssl.get(), kind)) ssl.reset();
  if (ssl && only && !accept_keys_of(ssl.get(), *only)) ssl.reset();
  return initiating_engine(std::move(ssl), domain);
}

}  // namespace portcullis::tls
