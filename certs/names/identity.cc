#include "certs/names/identity.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "certs/names/host_name.h"
#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

NameMatch from_openssl(int result) {
  take_openssl_error();
  if (result == 1) return NameMatch::kMatch;
  return result == 0 ? NameMatch::kMismatch : NameMatch::kError;
}

NameMatch match_dns_id(const X509* leaf, const std::string& reference) {
  // The reference can have neither a leading dot nor '*', both of which would match too much.
  return from_openssl(X509_check_host(const_cast<X509*>(leaf), reference.data(), reference.size(),
                                      host_flags(), nullptr));
}

// An address with '@' names a user and no domain. XmppAddr has no wildcards (RFC 6120 section
// 13.7.1.4).
bool is_xmpp_addr(const std::string& address, const DomainName& reference) {
  const auto domain = DomainName::parse(address);
  return domain && *domain == reference;
}

// Only a bare JID: a full one names one connection of a user.
bool is_user_of(const std::string& address, const DomainName& reference) {
  const auto at = address.find('@');
  return at != 0 && at != std::string::npos && is_xmpp_addr(address.substr(at + 1), reference);
}

const ServiceId* find_srv_id(const std::vector<ServiceId>& ids, Service service,
                             const std::string& reference) {
  const ServiceId* found = nullptr;
  for (const ServiceId& id : ids) {
    if (id.service != service || !matches_host_name(id.name, reference)) continue;
    if (id.name.find('*') == std::string::npos) return &id;  // preferred: it has no wildcard
    found = &id;
  }
  return found;
}

Identity match_domain(const X509* leaf, const PresentedNames& names, const DomainName& reference,
                      Service service) {
  const NameMatch dns = match_dns_id(leaf, reference.a_label());
  if (dns != NameMatch::kMismatch) return {dns, reference.a_label()};
  if (std::any_of(names.xmpp_addrs.begin(), names.xmpp_addrs.end(),
                  [&](const std::string& address) { return is_xmpp_addr(address, reference); })) {
    return {NameMatch::kMatch, reference.a_label()};
  }
  if (const ServiceId* id = find_srv_id(names.srv_ids, service, reference.a_label())) {
    return {NameMatch::kMatch, id->name};
  }
  return {};
}

}  // namespace

unsigned int host_flags() {
  return X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
}

Identity match_identity(const X509* leaf, const PresentedNames& names,
                        const ReferenceName& reference, Service service) {
  if (const auto* domain = std::get_if<DomainName>(&reference)) {
    return match_domain(leaf, names, *domain, service);
  }
  const std::string& address = std::get<IpAddress>(reference).text();
  return {from_openssl(X509_check_ip_asc(const_cast<X509*>(leaf), address.c_str(), 0)), {}};
}

Identity match_user(const PresentedNames& names, const ReferenceName& reference) {
  if (names.xmpp_addrs.empty()) return {NameMatch::kMatch, {}};
  const auto* domain = std::get_if<DomainName>(&reference);
  const bool found = domain != nullptr &&
                     std::any_of(names.xmpp_addrs.begin(), names.xmpp_addrs.end(),
                                 [&](const std::string& a) { return is_user_of(a, *domain); });
  if (!found) return {};
  return {NameMatch::kMatch, domain->a_label()};
}

}  // namespace portcullis::certs
