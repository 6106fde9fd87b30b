#pragma once

#include <optional>

#include "policy/config.h"
#include "policy/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::policy {

// What is known about a peer once TLS stands and the secured stream header was read.
struct Evidence {
  DomainName remote;
  std::uint16_t tls_version = 0;  // 0x0303, 0x0304
  // What certificate verification found wrong, cert_missing included; empty: all is well.
  std::optional<Refusal> certificate;
};

// The certificate gate: federation, then TLS floor, then certificate. The first that fails names
// the reason. Empty: the peer may authenticate.
std::optional<Refusal> certificate_gate(const Config& config, const Evidence& evidence);

}  // namespace portcullis::policy
