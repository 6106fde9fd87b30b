// subjectAltName of any octets: names that are fit to be matched or an error, and a verdict that
// does not depend on whose wildcard code gave it.

#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "certs/names/host_name.h"
#include "certs/names/identity.h"
#include "certs/names/presented_names.h"
#include "certs/x509/certificate_text.h"
#include "policy/reasons/reason.h"

using portcullis::DomainName;
using namespace portcullis::certs;

namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<&X509_EXTENSION_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, Deleter<&ASN1_OCTET_STRING_free>>;

void require(bool holds) {
  if (!holds) std::abort();
}

X509Ptr certificate_with(const std::uint8_t* data, std::size_t size) {
  X509Ptr certificate(X509_new());
  const OctetsPtr octets(ASN1_OCTET_STRING_new());
  require(ASN1_OCTET_STRING_set(octets.get(), data, static_cast<int>(size)) == 1);
  const ExtensionPtr extension(
      X509_EXTENSION_create_by_NID(nullptr, NID_subject_alt_name, 0, octets.get()));
  require(X509_add_ext(certificate.get(), extension.get(), -1) == 1);
  return certificate;
}

bool any_matches(const std::vector<std::string>& presented, std::string_view reference) {
  return std::any_of(presented.begin(), presented.end(),
                     [&](const std::string& name) { return matches_host_name(name, reference); });
}

void check_match(const X509* leaf, const PresentedNames& names, const DomainName& reference) {
  PresentedNames dns_only;
  dns_only.dns_ids = names.dns_ids;
  const auto by_openssl = match_identity(leaf, dns_only, reference, Service::kServer);
  require((by_openssl.result == NameMatch::kMatch) ==
          any_matches(names.dns_ids, reference.a_label()));
  for (const Service service : {Service::kServer, Service::kClient}) {
    const auto identity = match_identity(leaf, names, reference, service);
    require(identity.result != NameMatch::kError);
    if (identity.result != NameMatch::kMatch) continue;
    require(!names.empty());
    require(matches_host_name(identity.name, reference.a_label()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const DomainName references[] = {
      DomainName::parse("peer.example").value(), DomainName::parse("a.peer.example").value(),
      DomainName::parse("localhost").value(), DomainName::parse("bücher.example").value()};
  const X509Ptr certificate = certificate_with(data, size);
  const auto names = read_presented_names(certificate.get());
  if (!names) {
    const std::string& error = names.error();
    require(!error.empty() && portcullis::policy::printable(error, error.size()) == error);
    return 0;
  }
  for (const auto& name : names->dns_ids) require(is_host_name(name));
  for (const auto& id : names->srv_ids) require(is_host_name(id.name));
  for (const auto& name : names->xmpp_addrs) require(name.find('\0') == std::string::npos);
  const std::string list = list_text(name_texts(*names));
  require(portcullis::policy::printable(list, list.size()) == list);
  for (const DomainName& reference : references) check_match(certificate.get(), *names, reference);
  return 0;
}
