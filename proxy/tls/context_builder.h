#pragma once

#include <memory>

#include "certs/own/credentials.h"
#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/key_exchange.h"
#include "proxy/tls/ticket_keys.h"

namespace portcullis::tls {

// All contexts of one kind are built alike, because SSL_set_SSL_CTX replaces only the certificates.
// Versions, options and verification stay those of the context with which a session began.

struct WanRules {
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
  TlsVersion min_version = TlsVersion::kTls12;
  KeyExchangeRules key_exchange;
  bool asks_for_certificate = true;
  // Null means that sessions cannot be resumed. It has no effect where a certificate is asked for:
  // those sessions can never be resumed.
  std::shared_ptr<TicketKeys> tickets;
  bool may_show_none = false;  // without a certificate of ours it works, too
};

Result<certs::SslCtxPtr> build_wan_receiving(const HostCredentials& host, const WanRules& rules);
Result<certs::SslCtxPtr> build_wan_initiating(const HostCredentials& host, const WanRules& rules);
// The context has no certificate: each session is given the leaf of its remote domain.
Result<certs::SslCtxPtr> build_backend_receiving();
// The context has a self-signed certificate that is made for it and names nobody.
Result<certs::SslCtxPtr> build_backend_anonymous();
// The same for direct TLS, where a session may be given a leaf by SNI.
Result<certs::SslCtxPtr> build_backend_direct();
Result<certs::SslCtxPtr> build_backend_initiating();

}  // namespace portcullis::tls
