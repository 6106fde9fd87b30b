#pragma once

#include <cstdint>
#include <string>

#include "certs/names/presented_names.h"
#include "certs/names/reference_name.h"
#include "certs/names/service.h"

namespace portcullis::certs {

enum class NameMatch : std::uint8_t { kMatch, kMismatch, kError };

struct Identity {
  NameMatch result = NameMatch::kMismatch;
  // The name by which it matched, as a host name; has a '*' where the certificate has one that
  // OpenSSL does not put to name constraints itself.
  std::string name;
};

// Does the certificate name the reference? A domain by any of DNS-ID, SRV-ID of `service` and
// XmppAddr, an address by iPAddress. Common names are never looked at.
Identity match_identity(const X509* leaf, const PresentedNames& names,
                        const ReferenceName& reference, Service service);

// Purpose::kTlsClient's rule. The name is empty where the certificate holds no XmppAddr at all.
Identity match_user(const PresentedNames& names, const ReferenceName& reference);

// X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS. Also for the
// verification parameters, where the common name would otherwise be put to name constraints.
unsigned int host_flags();

}  // namespace portcullis::certs
