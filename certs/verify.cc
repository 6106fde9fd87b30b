#include "certs/verify.h"

#include <algorithm>
#include <string>

#include "certs/asn1_time.h"
#include "certs/certificate_text.h"
#include "certs/chain_checks.h"
#include "certs/identity.h"
#include "certs/name_constraints.h"
#include "certs/presented_names.h"
#include "certs/verified_path.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

constexpr std::size_t kMaxCertificates = 10;

CertificateFault leaf_fault(Reason reason, const std::string& detail, const std::string& list,
                            const X509* leaf, const DomainName& reference) {
  return {policy::refuse(reason, {{"detail", detail},
                                  {"list", list},
                                  {"domain", reference.text()},
                                  {"issuer", leaf != nullptr ? issuer_text(leaf) : "?"},
                                  {"subject", leaf != nullptr ? subject_text(leaf) : "?"}}),
          0, 0};
}

std::optional<CertificateFault> check_presented(const PresentedChain& chain,
                                                const DomainName& reference) {
  if (!chain.leaf) {
    return leaf_fault(Reason::kCertMissing, "no certificate was shown", "", nullptr, reference);
  }
  if (chain.sent.size() + 1 > kMaxCertificates) {
    return leaf_fault(Reason::kChainInvalid,
                      std::to_string(chain.sent.size() + 1) + " certificates were sent, at most " +
                          std::to_string(kMaxCertificates) + " are looked at",
                      "", chain.leaf.get(), reference);
  }
  return std::nullopt;
}

std::optional<CertificateFault> check_identity(const X509* leaf,
                                               const std::vector<std::string>& dns_names,
                                               const DomainName& reference) {
  if (dns_names.empty()) {
    return leaf_fault(Reason::kNameMissing, "no dNSName in subjectAltName", "none", leaf,
                      reference);
  }
  switch (match_dns_id(leaf, reference)) {
    case NameMatch::kMatch:
      return std::nullopt;
    case NameMatch::kMismatch:
      return leaf_fault(Reason::kNameMismatch, "no name matches", list_text(dns_names), leaf,
                        reference);
    case NameMatch::kError:
      break;
  }
  return leaf_fault(Reason::kInternalError, "the names could not be compared", list_text(dns_names),
                    leaf, reference);
}

tl::expected<Verified, CertificateFault> earliest_expiry(const VerifiedPath& path,
                                                         const DomainName& reference) {
  auto expires = std::chrono::sys_seconds::max();
  for (const X509Ptr& certificate : path) {
    const auto end = to_sys_seconds(X509_get0_notAfter(certificate.get()));
    if (!end) {
      return tl::unexpected(leaf_fault(Reason::kCertMalformed, "notAfter is no time", "",
                                       path.front().get(), reference));
    }
    expires = std::min(expires, *end);
  }
  return Verified{expires};
}

}  // namespace

// The role changes nothing yet. A client-only certificate (extended key usage clientAuth without
// serverAuth) is refused for an initiating peer too: accepting it is only sound under a private CA,
// and whether the anchors are a private CA's is not known here.
Verdict verify_peer(const PresentedChain& chain, const TrustAnchors& anchors,
                    const DomainName& reference, PeerRole /*role*/, const VerifyPolicy& policy,
                    std::chrono::sys_seconds now) {
  if (auto fault = check_presented(chain, reference)) return tl::unexpected(std::move(*fault));

  // Before anything trusts a name: a malformed one poisons the whole certificate.
  const auto dns_names = read_dns_names(chain.leaf.get());
  if (!dns_names) {
    return tl::unexpected(
        leaf_fault(Reason::kCertMalformed, dns_names.error(), "", chain.leaf.get(), reference));
  }
  auto path = find_path(chain, anchors, reference, policy, now);
  if (!path) return tl::unexpected(std::move(path.error()));

  if (auto fault = check_floors(*path, reference, policy)) return tl::unexpected(std::move(*fault));
  if (auto fault = check_identity(chain.leaf.get(), *dns_names, reference)) {
    return tl::unexpected(std::move(*fault));
  }
  if (auto fault = check_name_constraints(*path, reference)) {
    return tl::unexpected(std::move(*fault));
  }
  return earliest_expiry(*path, reference);
}

}  // namespace portcullis::certs
