#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tl/expected.hpp>
#include <vector>

#include "certs/openssl_ptr.h"
#include "certs/trust_anchors.h"
#include "policy/reason.h"
#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// What a peer showed in its handshake.
struct PresentedChain {
  X509Ptr leaf;               // null: no certificate was shown
  std::vector<X509Ptr> sent;  // the rest, in the peer's order
};

// RFC 6120's roles of the peer, not of us.
enum class PeerRole : std::uint8_t { kInitiating, kReceiving };

struct VerifyPolicy {
  bool x509_strict = true;
  int min_rsa_bits = 2048;
  int max_intermediates = 5;
};

struct Verified {
  std::chrono::sys_seconds expires;  // the earliest notAfter of the chain
};
struct CertificateFault {
  policy::Refusal refusal;
  int depth = 0;          // of the certificate at fault; 0: the leaf
  int openssl_error = 0;  // X509_V_ERR_*, 0 where the check is ours
};
using Verdict = tl::expected<Verified, CertificateFault>;

// The one place where a peer's certificate is judged: chain to `anchors`, server purpose in both
// roles (public CAs no longer issue clientAuth), name by DNS-ID (RFC 9525; never CN). No I/O, no
// globals, no clock.
Verdict verify_peer(const PresentedChain& chain, const TrustAnchors& anchors,
                    const DomainName& reference, PeerRole role, const VerifyPolicy& policy,
                    std::chrono::sys_seconds now);

}  // namespace portcullis::certs
