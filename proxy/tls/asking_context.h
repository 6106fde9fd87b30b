#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "certs/own/credentials.h"
#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/key_type.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/engine.h"
#include "proxy/tls/key_exchange.h"

namespace portcullis::tls {

// Sessions by which a server is asked what it shows. They are those of a stream of ours: the same
// versions, suites and limits, and likewise nothing is judged before the handshake is over. Only
// the kind of certificate can be chosen in addition, and we may have none to show.
class AskingContext {
 public:
  // `shown`: of them those are shown that the host has for calling; empty: none.
  static Result<AskingContext> build(const HostCredentials& shown, TlsVersion min_version,
                                     const KeyExchangeRules& key_exchange);

  // SNI is `domain`; with direct TLS, ALPN is that of `kind`. With `only`, a server that holds no
  // certificate of that type ends the handshake, or shows another one all the same.
  std::unique_ptr<Engine> connect(const DomainName& domain, StreamKind kind, TlsEntry entry,
                                  std::optional<KeyType> only) const;

 private:
  explicit AskingContext(certs::SslCtxPtr context) : context_(std::move(context)) {}
  certs::SslCtxPtr context_;
};

}  // namespace portcullis::tls
