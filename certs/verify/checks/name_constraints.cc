#include "certs/verify/checks/name_constraints.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "certs/names/host_name.h"
#include "certs/verify/checks/verify_fault.h"
#include "certs/x509/certificate_text.h"

namespace portcullis::certs {
namespace {

using ConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, Deleter<&NAME_CONSTRAINTS_free>>;

std::string base_text(const GENERAL_NAME* base) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(base->d.dNSName));
  std::string text(data, static_cast<std::size_t>(ASN1_STRING_length(base->d.dNSName)));
  std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
  return text;
}

// An empty base covers every name.
bool is_base(const std::string& base) {
  return base.empty() || (is_host_name(base) && base.find('*') == std::string::npos);
}

// RFC 5280: any number of labels may be added on the left of the base.
bool within(std::string_view name, const std::string& base) {
  return base.empty() || name == base || name.ends_with("." + base);
}

// What the dNSName subtrees of one list say to a name.
enum class Subtrees : std::uint8_t { kNone, kWithin, kOutside, kUnusable };

Subtrees compare(const STACK_OF(GENERAL_SUBTREE) * subtrees, std::string_view name) {
  Subtrees result = Subtrees::kNone;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_SUBTREE_value(subtrees, i)->base;
    if (entry->type != GEN_DNS) continue;
    const std::string base = base_text(entry);
    if (!is_base(base)) return Subtrees::kUnusable;
    if (within(name, base)) {
      result = Subtrees::kWithin;
    } else if (result == Subtrees::kNone) {
      result = Subtrees::kOutside;
    }
  }
  return result;
}

bool permits(const NAME_CONSTRAINTS& constraints, std::string_view name) {
  const Subtrees permitted = compare(constraints.permittedSubtrees, name);
  const Subtrees excluded = compare(constraints.excludedSubtrees, name);
  return (permitted == Subtrees::kNone || permitted == Subtrees::kWithin) &&
         (excluded == Subtrees::kNone || excluded == Subtrees::kOutside);
}

bool permits(const X509* authority, const std::string& reference, const Identity& identity) {
  int found = -1;
  const ConstraintsPtr constraints(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(authority, NID_name_constraints, &found, nullptr)));
  if (found == -1) return true;
  if (!constraints) return false;
  std::string presented = identity.name;
  std::transform(presented.begin(), presented.end(), presented.begin(), ascii_lower);
  return permits(*constraints, reference) && permits(*constraints, presented);
}

}  // namespace

std::optional<CertificateFault> check_name_constraints(const VerifyRequest& request,
                                                       const VerifiedPath& path,
                                                       const Identity& identity) {
  const auto* reference = std::get_if<DomainName>(&request.reference);
  // A user's certificate without an XmppAddr holds no name that could be outside the limits.
  if (reference == nullptr || identity.name.empty()) return std::nullopt;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const X509* authority = path[i].get();
    if (permits(authority, reference->a_label(), identity)) continue;
    return make_fault(request, policy::Reason::kNameConstraint,
                      {"excluded by its name constraints", authority, static_cast<int>(i)});
  }
  return std::nullopt;
}

}  // namespace portcullis::certs
