#pragma once

#include <string_view>

#include "proxy/base/domain_name.h"

namespace portcullis::policy {

// Names of Tor's onion services are in no DNS, and DNS must not be asked for them (RFC 7686).

// Whether the name is ".onion" or below it.
bool is_onion(const DomainName& domain);

// Why a name below .onion can be that of no onion service, as half a sentence; empty if it can be,
// or if it is no such name. The label before ".onion" holds a key, a checksum and the version, 3
// (rend-spec-v3, section 6); labels before that are the service's own.
std::string_view why_no_onion(const DomainName& domain);

// Whether the name means the machine that looks it up: "localhost" and all below it (RFC 6761
// section 6.3), and "localhost.localdomain".
bool is_localhost(const DomainName& domain);

}  // namespace portcullis::policy
