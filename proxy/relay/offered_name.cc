#include "proxy/relay/offered_name.h"

#include <string>
#include <utility>

#include "policy/decide/gate.h"

namespace portcullis::relay {
namespace {

policy::Refusal refused(const std::string& detail) {
  return policy::refuse(policy::Reason::kDirectTlsRefused, {{"detail", detail}});
}

}  // namespace

OfferedName::OfferedName(const policy::Config& config, Mint mint)
    : config_(config), mint_(std::move(mint)) {}

std::shared_ptr<const certs::MintedLeaf> OfferedName::leaf_for(std::string_view name) {
  if (!answer_) answer_ = mint(name);
  return *answer_ ? **answer_ : nullptr;
}

LeafOrRefusal OfferedName::mint(std::string_view name) {
  if (name.empty())
    return tl::unexpected(
        refused("its ClientHello names no domain, so there is no certificate for "
                "it; it has to send SNI"));
  const auto domain = DomainName::parse(name);
  if (!domain || !domain->is_unambiguous())
    return tl::unexpected(refused("its ClientHello names '" + policy::printable(name, 64) +
                                  "', which is no domain name that can be answered"));
  name_ = *domain;
  // It would confirm who the peer is before the peer was called.
  if (policy::observes(config_, *domain))
    return tl::unexpected(
        refused(domain->a_label() + " is in observe mode, for which only STARTTLS is served"));
  return mint_(*domain);
}

std::optional<policy::Refusal> OfferedName::refusal(const DomainName& to) const {
  if (!answer_) return refused("there was no ClientHello");
  if (!*answer_) return answer_->error();
  if (*name_ == to) return std::nullopt;
  return refused("its ClientHello names " + name_->a_label() + ", and its stream header " +
                 to.a_label());
}

}  // namespace portcullis::relay
