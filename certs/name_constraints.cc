#include "certs/name_constraints.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "certs/certificate_text.h"

namespace portcullis::certs {
namespace {

using ConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, Deleter<&NAME_CONSTRAINTS_free>>;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// RFC 5280: any number of labels may be added on the left of the base.
bool within(std::string_view name, const GENERAL_NAME* base) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(base->d.dNSName));
  std::string suffix(data, static_cast<std::size_t>(ASN1_STRING_length(base->d.dNSName)));
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), lower);
  if (suffix.empty()) return true;
  if (suffix.front() != '.') {
    if (name == suffix) return true;
    suffix.insert(0, 1, '.');
  }
  return name.ends_with(suffix);
}

enum class Subtrees { kNone, kWithin, kOutside };

Subtrees compare(const STACK_OF(GENERAL_SUBTREE) * subtrees, std::string_view name) {
  Subtrees result = Subtrees::kNone;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(subtrees, i)->base;
    if (base->type != GEN_DNS) continue;
    if (within(name, base)) return Subtrees::kWithin;
    result = Subtrees::kOutside;
  }
  return result;
}

bool permits(const X509* authority, std::string_view name) {
  int found = -1;
  const ConstraintsPtr constraints(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(authority, NID_name_constraints, &found, nullptr)));
  if (found == -1) return true;
  if (!constraints) return false;
  return compare(constraints->permittedSubtrees, name) != Subtrees::kOutside &&
         compare(constraints->excludedSubtrees, name) != Subtrees::kWithin;
}

}  // namespace

std::optional<CertificateFault> check_name_constraints(const VerifiedPath& path,
                                                       const DomainName& reference) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    const X509* authority = path[i].get();
    if (permits(authority, reference.text())) continue;
    const std::string subject = subject_text(authority);
    return CertificateFault{policy::refuse(policy::Reason::kNameConstraint,
                                           {{"detail", "excluded by its name constraints"},
                                            {"subject", subject},
                                            {"issuer", subject},
                                            {"domain", reference.text()}}),
                            static_cast<int>(i), 0};
  }
  return std::nullopt;
}

}  // namespace portcullis::certs
