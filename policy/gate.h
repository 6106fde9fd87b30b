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

// The refusal with `contact` and `help_url` of the configuration behind its sentence; still at most
// 512 octets.
Refusal with_help(const Config& config, Refusal refusal);

// The certificate gate: federation, then TLS floor, then certificate. The first that fails names
// the reason, told with_help. Empty: the peer may authenticate.
std::optional<Refusal> certificate_gate(const Config& config, const Evidence& evidence);

}  // namespace portcullis::policy
