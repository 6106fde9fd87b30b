#include "certs/own/own_certificate.h"

#include <openssl/x509v3.h>

#include <optional>
#include <utility>

#include "certs/verify/verify.h"
#include "certs/x509/certificate_text.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

PresentedChain as_presented(const KeyPair& pair) {
  PresentedChain chain;
  chain.leaf = share(pair.leaf.get());
  for (const X509Ptr& certificate : pair.chain) chain.sent.push_back(share(certificate.get()));
  return chain;
}

X509* top_of(const KeyPair& pair) {
  return pair.chain.empty() ? pair.leaf.get() : pair.chain.back().get();
}

// check_names tells these in better words.
bool is_about_names(Reason reason) {
  return reason == Reason::kNameMissing || reason == Reason::kNameMismatch;
}

bool is_about_trust(Reason reason) {
  return reason == Reason::kSelfSigned || reason == Reason::kUntrustedIssuer ||
         reason == Reason::kMissingIntermediate;
}

class Examination {
 public:
  Examination(const KeyPair& pair, const OwnUse& use)
      : pair_(pair), use_(use), chain_(as_presented(pair)), policy_(use.policy) {
    policy_.pins.clear();
    policy_.pins_only = false;
    policy_.client_purpose_fallback = use.only_outgoing;
    policy_.waivers = {};
    policy_.purpose = Purpose::kTlsServer;
  }

  std::vector<OwnFinding> run() {
    check_names();
    check_chain();
    check_end();
    check_key_usage();
    return std::move(findings_);
  }

 private:
  void add(bool is_error, std::string text) { findings_.push_back({is_error, std::move(text)}); }

  void check_names() {
    for (const DomainName& domain : use_.domains) {
      if (names_domain(pair_.leaf.get(), domain)) continue;
      add(true, "the certificate does not name " + domain.a_label() +
                    " in subjectAltName; reissue it for the host's domain and all its aliases");
    }
  }

  void check_chain() {
    const auto fault = first_fault(use_.anchors);
    if (!fault) return;
    if (!is_about_trust(fault->reason)) return report(*fault);
    const bool is_incomplete = use_.anchors_are_public && fault->reason != Reason::kSelfSigned &&
                               !issuer_url_text(top_of(pair_)).empty();
    report_untrusted(is_incomplete);
    if (!is_incomplete) check_rest();
  }

  // Takes the last certificate that is sent for an anchor, so that other faults are found as well.
  void check_rest() {
    std::vector<X509Ptr> top;
    top.push_back(share(top_of(pair_)));
    const auto anchors = TrustAnchors::from_certificates(std::move(top), "");
    if (!anchors) return add(true, anchors.error().message);
    policy_.x509_strict = false;
    if (const auto fault = first_fault(*anchors)) report(*fault);
  }

  // Every domain is tried, because name constraints may allow one and not another.
  std::optional<policy::Refusal> first_fault(const TrustAnchors& anchors) const {
    for (const DomainName& domain : use_.domains) {
      const auto role = use_.only_outgoing ? PeerRole::kInitiating : PeerRole::kReceiving;
      VerifyResult result = verify_peer({chain_, anchors, domain, role, policy_, use_.now});
      if (result || is_about_names(result.error().refusal.reason)) continue;
      return std::move(result.error().refusal);
    }
    return std::nullopt;
  }

  void report(const policy::Refusal& fault) {
    // A private CA often breaks a rule about form, and those who trust it accept that.
    const bool is_form = fault.reason == Reason::kChainInvalid;
    const bool is_error =
        fault.reason != Reason::kRevocationUnknown && !(is_form && !reached_public_anchor());
    add(is_error,
        "a server with our own rules would refuse it (" + std::string(policy::id(fault.reason)) +
            "): " +
            policy::at_home(fault, {StreamKind::kS2sInbound, use_.domains.front().a_label()}));
  }

  bool reached_public_anchor() const { return use_.anchors_are_public && !is_untrusted_; }

  void report_untrusted(bool is_incomplete) {
    is_untrusted_ = true;
    const X509* top = top_of(pair_);
    if (is_incomplete) {
      add(true, "the chain is incomplete: the certificate of " + issuer_text(top) +
                    " is missing, it is at " + issuer_url_text(top) +
                    "; use the full chain file, or add the root if it is a CA of your own");
      return;
    }
    add(false, "no CA in `roots` of [s2s] vouches for it (it ends with \"" + subject_text(top) +
                   "\"); only servers that trust its issuer will accept it");
  }

  void check_end() {
    const auto end = not_after(pair_.leaf.get());
    if (end > use_.now + kNearEnd) return;
    add(false, "the certificate expires on " + minute_text(end) + "; renew it");
  }

  void check_key_usage() {
    if (use_.only_outgoing || pair_.type != KeyType::kRsa || allows_key_encipherment(pair_)) return;
    add(false,
        "the key usage of the RSA certificate lacks keyEncipherment; the cipher suites that need "
        "it (kRSA) are not offered for this host");
  }

  const KeyPair& pair_;
  const OwnUse& use_;
  const PresentedChain chain_;
  VerifyPolicy policy_;
  bool is_untrusted_ = false;
  std::vector<OwnFinding> findings_;
};

}  // namespace

std::vector<OwnFinding> examine_own(const KeyPair& pair, const OwnUse& use) {
  return Examination(pair, use).run();
}

}  // namespace portcullis::certs
