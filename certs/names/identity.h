#pragma once

#include <cstdint>
#include <string>

#include "certs/names/presented_names.h"
#include "certs/names/reference_name.h"
#include "certs/names/service.h"

namespace portcullis::certs {

enum class NameMatch : std::uint8_t {
  kMatch,
  kMismatch,
  kError,  // OpenSSL could not compare, for lack of memory for example
};

struct Identity {
  NameMatch result = NameMatch::kMismatch;
  // The host name that has to obey the name constraints of the CAs: the reference, or the SRV-ID
  // that matched, as it stands in the certificate and without its label. Empty: no host name.
  std::string name;
};

// Does the certificate name the reference? A domain may be named by a DNS-ID, an SRV-ID of
// `service` or an XmppAddr (RFC 6120 section 13.7.1.2), an address by an iPAddress. Common names
// are never looked at (RFC 9525 section 2). `names` are those of `leaf`.
Identity match_identity(const X509* leaf, const PresentedNames& names,
                        const ReferenceName& reference, Service service);

// Is it the certificate of a user of the reference domain (XEP-0178 section 2)? If it holds any
// XmppAddr, one of them must be the bare JID of such a user. If it holds none, this is a match with
// an empty name: the certificate does not say whose it is.
Identity match_user(const PresentedNames& names, const ReferenceName& reference);

// X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, for every comparison
// of host names by OpenSSL. The parameters of a verification need them too: without them OpenSSL
// checks the common name against name constraints.
unsigned int host_flags();

}  // namespace portcullis::certs
