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

using OptionalDomain = tl::expected<std::optional<DomainName>, Ending>;

OptionalDomain parse(std::string_view attribute, const std::optional<std::string>& value) {
  if (!value) return std::optional<DomainName>{};
  auto domain = DomainName::parse(*value);
  if (domain) return std::optional<DomainName>(std::move(*domain));
  return tl::unexpected(bad_address(std::string(attribute) + " is '" +
                                    policy::printable(*value, kMaxShown) +
                                    "', which is no domain name"));
}

std::optional<Ending> check_stream(const ReceivingProfile& profile,
                                   const xmpp::StreamHeader& header) {
  const auto content_ns = content_namespace(profile.kind);
  if (header.content_ns != content_ns) {
    const std::string detail = "the content namespace of this port is " + std::string(content_ns);
    return Ending{policy::refuse(Reason::kXmlInvalid, {{"detail", detail}}), "invalid-namespace"};
  }
  if (!speaks_xmpp_1(header)) return Ending{policy::refuse(Reason::kUnsupportedVersion)};
  return std::nullopt;
}

std::optional<Ending> check_served(const ReceivingProfile& profile, const Addresses& addresses) {
  const bool wan = profile.side == Side::kWan;
  if (addresses.local && !profile.serves(*addresses.local)) {
    const auto& name = addresses.local->text();
    if (wan) return Ending{policy::refuse(Reason::kHostUnknown, {{"domain", name}})};
    return Ending{because(Reason::kHostUnknown,
                          "The backend speaks for " + name +
                              ", which is not served here. Add it to a [[host]] as its domain or "
                              "one of its aliases.")};
  }
  if (addresses.remote && profile.serves(*addresses.remote)) {
    const std::string what = wan ? "from names " : "to names ";
    return bad_address(what + addresses.remote->text() + ", which is served here");
  }
  return std::nullopt;
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

}  // namespace

tl::expected<Addresses, Ending> read_addresses(const ReceivingProfile& profile,
                                               const xmpp::StreamHeader& header,
                                               Required required) {
  if (auto fault = check_stream(profile, header)) return tl::unexpected(std::move(*fault));
  auto to = parse("to", header.to);
  if (!to) return tl::unexpected(std::move(to.error()));
  // A client's `from` is its own address and proves nothing; the backend will know who it is.
  auto from = is_client(profile) ? OptionalDomain{} : parse("from", header.from);
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

xmpp::StreamHeader answer_to(const ReceivingProfile& profile, const xmpp::StreamHeader& header) {
  auto answer = bare_header(profile.kind);
  if (header.to) {
    const auto to = DomainName::parse(*header.to);
    const bool ours = profile.side == Side::kBackend || (to && profile.serves(*to));
    if (to && ours) answer.from = to->text();
  }
  if (!header.from) return answer;
  if (is_client(profile)) {
    answer.to = header.from;
  } else if (const auto from = DomainName::parse(*header.from)) {
    answer.to = from->text();
  }
  return answer;
}

}  // namespace portcullis::session::receiving
