#pragma once

#include <memory>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"
#include "proxy/tls/engine.h"

namespace portcullis::tls {

// An engine of a TLS client over `ssl`, which may be null: an engine without a session is in the
// state kFailed. So no other error path is needed when memory runs out. Private to proxy/tls.
std::unique_ptr<Engine> initiating_engine(certs::SslPtr ssl, const DomainName& sni);

// The session offers our protocol, as direct TLS demands (XEP-0368). False: out of memory.
bool offer_alpn(SSL* ssl, StreamKind kind);

}  // namespace portcullis::tls
