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

// The names in subjectAltName (RFC 5280 section 4.2.1.6) that can be matched. They are octets of
// the certificate: nothing is known about them but what is said here.
struct PresentedNames {
  std::vector<std::string> dns_ids;  // host names in the sense of is_host_name
  std::vector<ServiceId> srv_ids;
  std::vector<std::string> xmpp_addrs;  // RFC 6120 section 13.7.1.4; UTF-8 without NUL
  bool has_address = false;             // some iPAddress is there

  bool empty() const { return dns_ids.empty() && srv_ids.empty() && xmpp_addrs.empty(); }
};

// Without the extension there are no names, which is no error. Names of kinds that XMPP does not
// use are skipped, and so is an otherName whose value has the wrong ASN.1 type (SRV-ID: IA5String,
// XmppAddr: UTF8String). The error says what is malformed: a host name with a NUL or another
// character that no host name has (which different software would read as different names), an
// extension that does not parse or is there twice, more than 1000 names.
tl::expected<PresentedNames, std::string> read_presented_names(const X509* leaf);

// All of them for a person, e.g. {"a.example", "_xmpp-server.b.example"}.
std::vector<std::string> name_texts(const PresentedNames& names);

}  // namespace portcullis::certs
