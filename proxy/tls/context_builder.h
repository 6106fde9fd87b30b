#pragma once

#include <cstdint>
#include <memory>

#include "certs/credentials.h"
#include "certs/openssl_ptr.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/ticket_keys.h"

namespace portcullis::tls {

// Contexts are built alike, because SSL_set_SSL_CTX takes over certificates only: versions, options
// and verification stay those of the context a session began with.

// Without `tickets` (always on s2s) sessions cannot be resumed.
Result<certs::SslCtxPtr> build_wan_receiving(const HostCredentials& host, StreamKind kind,
                                             TlsEntry entry, std::uint16_t min_version,
                                             const std::shared_ptr<TicketKeys>& tickets);
Result<certs::SslCtxPtr> build_wan_initiating(const HostCredentials& host,
                                              std::uint16_t min_version);
// Without a certificate: each session is given the leaf of its remote domain.
Result<certs::SslCtxPtr> build_backend_receiving();
Result<certs::SslCtxPtr> build_backend_initiating();

}  // namespace portcullis::tls
