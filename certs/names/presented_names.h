#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "certs/names/service.h"
#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// One SRV-ID (RFC 4985) of a service of XMPP, without its label.
struct ServiceId {
  Service service;
  std::string name;  // as a dNSName, '*' included
};

// What subjectAltName says, as far as it can be matched. Names are octets of the certificate.
struct PresentedNames {
  std::vector<std::string> dns_ids;
  std::vector<ServiceId> srv_ids;
  std::vector<std::string> xmpp_addrs;  // RFC 6120 section 13.7.1.4; UTF-8 without NUL
  bool has_address = false;             // some iPAddress is there

  bool empty() const { return dns_ids.empty() && srv_ids.empty() && xmpp_addrs.empty(); }
};

// The error says what is malformed: a host name with NUL or any other character no host name has
// (the classic way to be two names at once), the extension twice or unparsable, too many names. An
// absent extension is no name. Kinds of names that XMPP does not use, and an otherName whose value
// is not of its kind's ASN.1 type (SRV-ID: IA5String, XmppAddr: UTF8String), are passed over.
tl::expected<PresentedNames, std::string> read_presented_names(const X509* leaf);

// All of them for a person, e.g. {"a.example", "_xmpp-server.b.example"}.
std::vector<std::string> name_texts(const PresentedNames& names);

}  // namespace portcullis::certs
