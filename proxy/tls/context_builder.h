#pragma once

#include <memory>

#include "certs/own/credentials.h"
#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/ticket_keys.h"

namespace portcullis::tls {

// Contexts are built alike, because SSL_set_SSL_CTX takes over certificates only: versions, options
// and verification stay those of the context a session began with.

struct WanRules {
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
  TlsVersion min_version = TlsVersion::kTls12;
  bool forward_secrecy = false;
  bool asks_for_certificate = true;
  // Null (always where a certificate is asked for): sessions cannot be resumed.
  std::shared_ptr<TicketKeys> tickets;
};

Result<certs::SslCtxPtr> build_wan_receiving(const HostCredentials& host, const WanRules& rules);
Result<certs::SslCtxPtr> build_wan_initiating(const HostCredentials& host, const WanRules& rules);
// Without a certificate: each session is given the leaf of its remote domain.
Result<certs::SslCtxPtr> build_backend_receiving();
// With a certificate made for it, which names nobody.
Result<certs::SslCtxPtr> build_backend_anonymous();
Result<certs::SslCtxPtr> build_backend_initiating();

}  // namespace portcullis::tls
