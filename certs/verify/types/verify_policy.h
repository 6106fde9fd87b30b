#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certs/names/service.h"
#include "certs/verify/types/crl_store.h"
#include "policy/model/s2s_settings.h"
#include "policy/model/spki_pin.h"

namespace portcullis::certs {

// What the whole chain must be good for (RFC 5280 section 4.2.1.12).
enum class Purpose : std::uint8_t {
  kTlsServer,  // servers, whatever their role
  // Users on c2s, s2s never. A certificate that holds an XmppAddr must hold one of a user of the
  // reference domain (XEP-0178 section 2); one without is for the CA to answer for. Other kinds of
  // names do not count.
  kTlsClient,
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
  policy::AllowedCurves curves;
  policy::AllowedSignatures signatures;
  Service service = Service::kServer;
  Purpose purpose = Purpose::kTlsServer;

  policy::Revocation revocation = policy::Revocation::kOff;
  const CrlStore* crls = nullptr;  // not owned, outlives the call; null: no list at all
  // A certificate with the TLS feature status_request (RFC 7633) wants a good staple, which is
  // verified then; of others it is not looked at. Who did not ask can not miss it.
  bool honour_must_staple = false;

  // An initiating peer's chain that is not for servers may be one for clients, whole. Only sound
  // with anchors of a private CA: public ones do not check the domains of client certificates.
  bool client_purpose_fallback = false;

  // A leaf with one of these keys is accepted by its key alone: chain, validity and name are not
  // looked at, the key's floors are. With `pins_only` no other leaf is accepted.
  std::vector<policy::SpkiPin> pins;
  bool pins_only = false;

  Waivers waivers;
};

}  // namespace portcullis::certs
