#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certs/names/service.h"
#include "certs/verify/types/crl_store.h"
#include "policy/model/s2s_settings.h"
#include "policy/model/spki_pin.h"

namespace portcullis::certs {

// What the whole chain must be allowed for (RFC 5280 section 4.2.1.12).
enum class Purpose : std::uint8_t {
  kTlsServer,  // on s2s, for a peer in either role
  // On c2s, for users. If the certificate holds any XmppAddr, one of them must belong to a user of
  // the reference domain (XEP-0178 section 2). If it holds none, it is accepted for that domain:
  // whoever trusts the CA trusts its choice of users. Names of other kinds are not looked at.
  kTlsClient,
};

// Checks that are left out for one peer because of an operator's exception; see exception.h. Each
// is named after the reason that it waives.
struct Waivers {
  bool expired = false;
  bool not_yet_valid = false;
  bool chain_expired = false;
  bool wrong_purpose = false;
  bool weak_key = false;            // not for keys weaker than RSA-1024 or 80 bits of security
  bool weak_signature = false;      // for SHA-1, not for MD5
  bool revocation_unknown = false;  // a certificate that is revoked stays refused
};

// What is demanded of a peer's certificate.
struct VerifyPolicy {
  bool x509_strict = true;  // X509_V_FLAG_X509_STRICT: the rules of RFC 5280 for public CAs
  int min_rsa_bits = 2048;
  int max_intermediates = 5;          // between leaf and anchor
  std::size_t max_certificates = 10;  // that a peer may send, the leaf included
  policy::AllowedCurves curves;
  policy::AllowedSignatures signatures;
  Service service = Service::kServer;
  Purpose purpose = Purpose::kTlsServer;

  policy::Revocation revocation = policy::Revocation::kOff;
  const CrlStore* crls = nullptr;  // not owned, must outlive the call; null: no list at all
  // A certificate with the TLS feature status_request (RFC 7633) must come with a good stapled OCSP
  // response. Only a peer that was asked for one has to send it. The staple of any other
  // certificate is not looked at.
  bool honour_must_staple = false;

  // An initiating peer is also accepted with a chain whose certificates are all for clients. This
  // is only safe with the anchors of a private CA: public CAs do not check the domains in
  // certificates for clients.
  bool client_purpose_fallback = false;

  // A leaf with one of these keys is accepted by its key alone. The key must be strong enough;
  // chain, validity and name are not looked at. With `pins_only` no other leaf is accepted.
  std::vector<policy::SpkiPin> pins;
  bool pins_only = false;

  Waivers waivers;
};

}  // namespace portcullis::certs
