#pragma once

#include "certs/openssl_ptr.h"
#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// RFC 9525 DNS-ID only: the whole left-most label may be '*', common names are never looked at.
enum class NameMatch { kMatch, kMismatch, kError };
NameMatch match_dns_id(const X509* leaf, const DomainName& reference);

// X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS. Also for the
// verification parameters, where the common name would otherwise be put to name constraints.
unsigned int host_flags();

}  // namespace portcullis::certs
