#include "certs/verify/path/path_search.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

bool same_authority(const X509* a, const X509* b) {
  const EVP_PKEY* key_a = X509_get0_pubkey(a);
  const EVP_PKEY* key_b = X509_get0_pubkey(b);
  return X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
         key_a != nullptr && key_b != nullptr && EVP_PKEY_eq(key_a, key_b) == 1;
}

// What links a certificate to its issuer, beside names and key ids.
enum class Link : std::uint8_t { kSignature, kNamesAlone };

struct Issuer {
  X509* certificate;
  bool is_anchor;
};

// The leaf and each intermediate once, and one turn back. A path by names alone that takes more is
// not the likely one, and without signatures to hold it up a stranger could have every turn tried.
int straight_steps(const VerifyPolicy& policy) {
  return std::min(kMaxSteps, policy.max_intermediates + 2);
}

class PathSearch {
 public:
  PathSearch(const VerifyRequest& request, Link link,
             const std::function<bool(const CandidatePath&)>& visit)
      : request_(request),
        link_(link),
        visit_(visit),
        most_steps_(link == Link::kNamesAlone ? straight_steps(request.policy) : kMaxSteps) {}

  SearchEnd run() {
    X509* leaf = request_.chain.leaf.get();
    path_.push_back(leaf);
    for (const X509Ptr& anchor : request_.anchors.certificates()) {
      if (X509_cmp(anchor.get(), leaf) == 0 && offer()) return SearchEnd::kStopped;
    }
    if (extend()) return SearchEnd::kStopped;
    return limited_ ? SearchEnd::kLimited : SearchEnd::kExhausted;
  }

 private:
  // offer and extend return true when the visitor wants no more paths.
  bool offer() {
    if (paths_ == kMaxPaths) {
      limited_ = true;
      return false;
    }
    ++paths_;
    return visit_(path_);
  }

  bool extend() {
    if (++steps_ > most_steps_) limited_ = true;
    const auto intermediates = static_cast<int>(path_.size()) - 1;
    for (const Issuer& issuer : issuers_of(path_.back())) {
      if (limited_) return false;
      if (!issuer.is_anchor && intermediates >= request_.policy.max_intermediates) return false;
      if (is_visited(issuer.certificate) || !is_linked(path_.back(), issuer.certificate)) continue;
      path_.push_back(issuer.certificate);
      const bool stop = issuer.is_anchor ? offer() : extend();
      path_.pop_back();
      if (stop) return true;
    }
    return false;
  }

  bool is_visited(const X509* issuer) const {
    return std::any_of(path_.begin(), path_.end(),
                       [&](const X509* c) { return same_authority(c, issuer); });
  }

  // By names and key ids only; anchors first. Kept, because a subject is met in many paths.
  const std::vector<Issuer>& issuers_of(X509* subject) {
    const auto [entry, is_new] = issuers_.try_emplace(subject);
    if (is_new) {
      const auto collect = [&, &found = entry->second](const auto& certificates, bool are_anchors) {
        for (const X509Ptr& issuer : certificates) {
          if (X509_check_issued(issuer.get(), subject) == X509_V_OK) {
            found.push_back({issuer.get(), are_anchors});
          }
        }
      };
      collect(request_.anchors.certificates(), true);
      collect(request_.chain.sent, false);
    }
    return entry->second;
  }

  bool is_linked(X509* subject, X509* issuer) {
    return link_ == Link::kNamesAlone || is_signed_by(subject, issuer);
  }

  bool is_signed_by(X509* subject, X509* issuer) {
    const std::pair<const X509*, const X509*> pair(subject, issuer);
    if (const auto known = signatures_.find(pair); known != signatures_.end()) return known->second;
    EVP_PKEY* key = X509_get0_pubkey(issuer);
    if (key == nullptr) return false;
    if (signatures_.size() == kMaxSignatureChecks) {
      limited_ = true;
      return false;
    }
    const bool verifies = X509_verify(subject, key) == 1;
    take_openssl_error();
    signatures_.emplace(pair, verifies);
    return verifies;
  }

  const VerifyRequest& request_;
  const Link link_;
  const std::function<bool(const CandidatePath&)>& visit_;
  const int most_steps_;
  CandidatePath path_;
  std::map<const X509*, std::vector<Issuer>> issuers_;
  std::map<std::pair<const X509*, const X509*>, bool> signatures_;
  int paths_ = 0;
  int steps_ = 0;
  bool limited_ = false;
};

}  // namespace

SearchEnd for_each_path(const VerifyRequest& request,
                        const std::function<bool(const CandidatePath&)>& visit) {
  return PathSearch(request, Link::kSignature, visit).run();
}

std::optional<CandidatePath> first_path_by_names(const VerifyRequest& request) {
  std::optional<CandidatePath> found;
  PathSearch(request, Link::kNamesAlone, [&](const CandidatePath& path) {
    found = path;
    return true;
  }).run();
  return found;
}

}  // namespace portcullis::certs
