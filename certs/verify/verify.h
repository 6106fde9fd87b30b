#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "certs/names/reference_name.h"
#include "certs/verify/crl_store.h"
#include "certs/verify/trust_anchors.h"
#include "certs/x509/openssl_ptr.h"
#include "certs/x509/spki_digest.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// What a peer showed in its handshake.
struct PresentedChain {
  X509Ptr leaf;               // null: no certificate was shown
  std::vector<X509Ptr> sent;  // the rest, in the peer's order
  // Was it asked for a stapled OCSP response (RFC 6066 section 8), as only a receiving peer is?
  bool staple_asked = false;
  std::string staple = {};  // DER as it came, unverified; empty: none
};

// RFC 6120's roles of the peer, not of us.
enum class PeerRole : std::uint8_t { kInitiating, kReceiving };

// Which SRV-ID counts (RFC 4985, RFC 6120 section 13.7.1.2): _xmpp-server or _xmpp-client.
enum class Service : std::uint8_t { kServer, kClient };

enum class Revocation : std::uint8_t {
  kOff,
  kCrlSoft,  // a certificate for which there is no current list in the right scope passes
  kCrlHard,  // it does not
};

// What the whole chain must be good for (RFC 5280 section 4.2.1.12).
enum class Purpose : std::uint8_t {
  kTlsServer,  // servers, whatever their role
  // Users on c2s, s2s never. A certificate that holds an XmppAddr must hold one of a user of the
  // reference domain (XEP-0178 section 2); one without is for the CA to answer for. Other kinds of
  // names do not count.
  kTlsClient,
};

struct AllowedKeys {
  bool rsa = true, p256 = true, p384 = true, p521 = true, ed25519 = true, ed448 = true;
};
struct AllowedSignatures {
  bool sha256 = true, sha384 = true, sha512 = true, eddsa = true;
};

// Checks that are left out for one peer by an operator's exception; see exception.h.
struct Waivers {
  bool expired = false;
  bool not_yet_valid = false;
  bool chain_validity = false;  // chain_expired
  bool purpose = false;         // wrong_purpose
  bool weak_key = false;        // weak_key; below 80 bits of security (RSA-1024) it stays
  bool weak_signature = false;  // weak_signature; SHA-1 passes, MD5 does not
  bool revocation = false;      // revocation_unknown; what is revoked stays refused
};

struct VerifyPolicy {
  bool x509_strict = true;  // X509_V_FLAG_X509_STRICT: RFC 5280's rules for public CAs
  int min_rsa_bits = 2048;
  int max_intermediates = 5;
  std::size_t max_certificates = 10;  // sent at all, the leaf included
  AllowedKeys keys;
  AllowedSignatures signatures;
  Service service = Service::kServer;
  Purpose purpose = Purpose::kTlsServer;

  Revocation revocation = Revocation::kOff;
  const CrlStore* crls = nullptr;  // not owned, outlives the call; null: no list at all
  // A certificate with the TLS feature status_request (RFC 7633) wants a good staple, which is
  // verified then; of others it is not looked at. Who did not ask can not miss it.
  bool honour_must_staple = false;

  // An initiating peer's chain that is not for servers may be one for clients, whole. Only sound
  // with anchors of a private CA: public ones do not check the domains of client certificates.
  bool client_purpose_fallback = false;

  // A leaf with one of these keys is accepted by its key alone: chain, validity and name are not
  // looked at, the key's floors are. With `pins_only` no other leaf is accepted.
  std::vector<SpkiDigest> pins;
  bool pins_only = false;

  Waivers waivers;
};

struct Verified {
  // The earliest notAfter of the chain, but for those that are over and waived; sys_seconds::max()
  // for a pinned key.
  std::chrono::sys_seconds expires;
  bool client_purpose = false;  // accepted by `client_purpose_fallback`
  bool pinned = false;
};
struct CertificateFault {
  policy::Refusal refusal;
  int depth = 0;          // of the certificate at fault; 0: the leaf
  int openssl_error = 0;  // X509_V_ERR_*, 0 where the check is ours
};
using Verdict = tl::expected<Verified, CertificateFault>;

// The one place where a peer's certificate is judged: some path to `anchors`, server purpose in
// both roles (public CAs no longer issue clientAuth), name by DNS-ID, SRV-ID or XmppAddr (RFC 9525,
// RFC 6120 section 13.7.1.2; never CN). No I/O, no globals, no clock. The work is bounded whatever
// the peer sent: see path_search.h.
Verdict verify_peer(const PresentedChain& chain, const TrustAnchors& anchors,
                    const ReferenceName& reference, PeerRole role, const VerifyPolicy& policy,
                    std::chrono::sys_seconds now);

}  // namespace portcullis::certs
