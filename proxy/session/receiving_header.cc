#include "proxy/session/receiving_header.h"

#include "proxy/session/header_basics.h"

namespace portcullis::session::receiving {
namespace {

using policy::Reason;

constexpr std::size_t kMaxShown = 64;

bool is_client(const ReceivingProfile& profile) {
  return profile.kind == StreamKind::kC2s;
}

Ending bad_address(std::string_view detail) {
  return {policy::refuse(Reason::kBadAddress, {{"detail", detail}})};
}

// "is no domain name: it is empty"
std::string why_not(const std::string& text) {
  const auto domain = DomainName::parse(text);
  return domain ? "is no domain name" : domain.error().message;
}

Ending ambiguous(std::string_view attribute, const DomainName& domain) {
  const std::string detail = std::string(attribute) + ": " + domain.ambiguity();
  return {policy::refuse(Reason::kNameAmbiguous, {{"detail", detail}})};
}

using OptionalDomain = tl::expected<std::optional<DomainName>, Ending>;

OptionalDomain domain_of(std::string_view attribute,
                         const std::optional<xmpp::HeaderAddress>& address) {
  if (!address) return std::optional<DomainName>{};
  const auto& domain = address->domain();
  if (!domain)
    return tl::unexpected(bad_address(std::string(attribute) + " is '" +
                                      policy::printable(address->text(), kMaxShown) + "', which " +
                                      why_not(address->text())));
  if (!domain->is_unambiguous()) return tl::unexpected(ambiguous(attribute, *domain));
  return domain;
}

std::optional<Ending> check_stream(const ReceivingProfile& profile,
                                   const xmpp::StreamHeader& header, Versions versions) {
  const auto content_ns = content_namespace(profile.kind);
  if (header.content_ns != content_ns) {
    const std::string detail = "the content namespace of this port is " + std::string(content_ns);
    return Ending{policy::refuse(Reason::kXmlInvalid, {{"detail", detail}}), "invalid-namespace"};
  }
  if (versions == Versions::kXmpp1 && !header.speaks_xmpp_1())
    return Ending{policy::refuse(Reason::kUnsupportedVersion)};
  return std::nullopt;
}

// A server asks for a domain of ours with which the gate does not connect it.
Ending not_connected(const DomainName& local, const std::string& other) {
  return {because(Reason::kHostUnknown,
                  "The backend of " + local.a_label() + " asked for " + other +
                      ", which is served behind this gate, too, and the gate does not connect the "
                      "two: both are on one server by backend.s2s, where the stream would come "
                      "back to it; or s2s = \"off\" for one of them; or s2s_auth = \"dialback\". "
                      "Create " +
                      other +
                      " in the server that has both; or if another one has it, give its [[host]] "
                      "the address of that one in backend.s2s.")};
}

std::optional<Ending> check_present(const ReceivingProfile& profile, const Addresses& addresses,
                                    Required required) {
  const bool wan = profile.side == Side::kWan;
  if (required != Required::kNothing && !addresses.local)
    return bad_address(wan ? "to is missing" : "from is missing");
  if (required == Required::kAll && !addresses.remote)
    return bad_address(wan ? "from is missing" : "to is missing");
  return std::nullopt;
}

// A name that the backend wrote with A-labels is answered so, or it might not know it again.
DomainName answered(const ReceivingProfile& profile, const xmpp::HeaderAddress& address) {
  const auto& domain = *address.domain();
  const bool in_a_labels = profile.side == Side::kBackend && address.text() == domain.a_label();
  return spelled(profile, domain).for_server(in_a_labels ? NameForm::kALabels : NameForm::kUnicode);
}

}  // namespace

std::optional<Ending> check_served(const ReceivingProfile& profile, Addresses& addresses) {
  const bool wan = profile.side == Side::kWan;
  const auto* const served = addresses.local ? profile.serves(*addresses.local) : nullptr;
  if (served != nullptr) {
    addresses.local = *served;
  } else if (addresses.local) {
    const auto& name = addresses.local->a_label();
    if (wan) return Ending{policy::refuse(Reason::kHostUnknown, {{"domain", name}})};
    return Ending{because(Reason::kHostUnknown,
                          "The backend speaks for " + name +
                              ", which is not served here. Add it to a [[host]] as its domain or "
                              "one of its aliases.")};
  }
  const auto* const other = addresses.remote ? profile.serves(*addresses.remote) : nullptr;
  if (other != nullptr) {
    const auto& name = addresses.remote->a_label();
    if (wan) return bad_address("from names " + name + ", which is served here");
    if (!addresses.local) return bad_address("to names " + name + ", which is served here");
    if (!profile.connects || !profile.connects(*addresses.local, *addresses.remote))
      return not_connected(*addresses.local, name);
    addresses.remote = *other;
  }
  return std::nullopt;
}

tl::expected<Addresses, Ending> addresses_of(const ReceivingProfile& profile,
                                             const xmpp::StreamHeader& header, Required required,
                                             Versions versions) {
  if (auto fault = check_stream(profile, header, versions))
    return tl::unexpected(std::move(*fault));
  auto to = domain_of("to", header.to);
  if (!to) return tl::unexpected(std::move(to.error()));
  // A client's `from` is its own address and proves nothing. The backend finds out who the client
  // is.
  auto from = is_client(profile) ? OptionalDomain{} : domain_of("from", header.from);
  if (!from) return tl::unexpected(std::move(from.error()));
  Addresses addresses{std::move(*to), std::move(*from)};
  if (profile.side == Side::kBackend) std::swap(addresses.local, addresses.remote);
  if (auto fault = check_present(profile, addresses, required))
    return tl::unexpected(std::move(*fault));
  if (auto fault = check_served(profile, addresses)) return tl::unexpected(std::move(*fault));
  return addresses;
}

Required required_in_the_clear(const ReceivingProfile& profile) {
  return profile.side == Side::kBackend ? Required::kAll : Required::kLocal;
}

Required required_when_secured(const ReceivingProfile& profile) {
  return is_client(profile) ? Required::kLocal : Required::kAll;
}

bool same_addresses(const Addresses& earlier, const Addresses& later) {
  const auto same = [](const auto& before, const auto& after) {
    return !before || !after || *before == *after;
  };
  return same(earlier.local, later.local) && same(earlier.remote, later.remote);
}

DomainName spelled(const ReceivingProfile& profile, const DomainName& domain) {
  const auto* const served = profile.serves(domain);
  return served == nullptr ? domain : *served;
}

xmpp::StreamHeader answer_to(const ReceivingProfile& profile, const xmpp::StreamHeader& header) {
  auto answer = bare_header(profile.kind);
  if (header.to && header.to->domain()) {
    const auto& to = *header.to->domain();
    if (profile.side == Side::kBackend || profile.serves(to) != nullptr)
      answer.from = answered(profile, *header.to);
  }
  if (!header.from) return answer;
  if (is_client(profile))
    answer.to = header.from;
  else if (header.from->domain())
    answer.to = answered(profile, *header.from);
  return answer;
}

}  // namespace portcullis::session::receiving
