#include "certs/verify/verify.h"

#include <algorithm>
#include <optional>
#include <string>

#include "certs/names/identity.h"
#include "certs/names/presented_names.h"
#include "certs/verify/checks/chain_checks.h"
#include "certs/verify/checks/extension_checks.h"
#include "certs/verify/checks/name_constraints.h"
#include "certs/verify/checks/revocation.h"
#include "certs/verify/checks/verify_fault.h"
#include "certs/verify/path/path_search.h"
#include "certs/verify/path/path_verification.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/spki_pin.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

// With a longer key a signature check takes milliseconds, and the peer chooses the key.
constexpr int kMaxKeyBits = 8192;

std::optional<CertificateFault> check_key_size(const VerifyRequest& request,
                                               const X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_bits(key) <= kMaxKeyBits) return std::nullopt;
  return make_fault(request, Reason::kChainInvalid,
                    {"a key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits came, at most " +
                         std::to_string(kMaxKeyBits) + " are looked at",
                     certificate, 0});
}

// The limits on what the peer sent, before any signature is checked.
std::optional<CertificateFault> check_presented(const VerifyRequest& request) {
  const X509* leaf = request.chain.leaf.get();
  if (leaf == nullptr) {
    return make_fault(request, Reason::kCertMissing, {"no certificate was shown", nullptr, 0});
  }
  const std::size_t count = request.chain.sent.size() + 1;
  if (count > request.policy.max_certificates) {
    return make_fault(request, Reason::kChainInvalid,
                      {std::to_string(count) + " certificates were sent, at most " +
                           std::to_string(request.policy.max_certificates) + " are looked at",
                       leaf, 0});
  }
  if (auto fault = check_key_size(request, leaf)) return fault;
  for (const X509Ptr& sent : request.chain.sent) {
    if (auto fault = check_key_size(request, sent.get())) return fault;
  }
  return std::nullopt;
}

// Empty when the pins do not decide.
std::optional<VerifyResult> judge_by_pins(const VerifyRequest& request) {
  const VerifyPolicy& policy = request.policy;
  if (policy.pins.empty() && !policy.pins_only) return std::nullopt;
  const X509* leaf = request.chain.leaf.get();
  const auto pin = spki_pin(leaf);
  if (pin && std::find(policy.pins.begin(), policy.pins.end(), *pin) != policy.pins.end()) {
    if (auto fault = check_key_floor(request, leaf, 0)) return tl::unexpected(std::move(*fault));
    return Verified{std::chrono::sys_seconds::max(), false, true};
  }
  if (!policy.pins_only) return std::nullopt;
  return tl::unexpected(make_fault(
      request, Reason::kPinMismatch,
      {"it is " + (pin ? policy::pin_text(*pin) : std::string("of an unknown type")), leaf, 0}));
}

std::optional<CertificateFault> check_identity(const VerifyRequest& request,
                                               const PresentedNames& names,
                                               const Identity& identity) {
  if (identity.result == NameMatch::kMatch) return std::nullopt;
  const X509* leaf = request.chain.leaf.get();
  const std::string list = names.empty() ? "an address" : list_text(name_texts(names));
  if (identity.result == NameMatch::kError) {
    return make_fault(request, Reason::kInternalError, {"names not comparable", leaf, 0, list});
  }
  const bool wants_address = std::holds_alternative<IpAddress>(request.reference);
  if (names.empty() && !(wants_address && names.has_address)) {
    return make_fault(request, Reason::kNameMissing, {"no name", leaf, 0});
  }
  return make_fault(request, Reason::kNameMismatch, {"no name matches", leaf, 0, list});
}

VerifyResult earliest_expiry(const VerifyRequest& request, const VerifiedPath& path) {
  const Waivers& waivers = request.policy.waivers;
  Verified verified{std::chrono::sys_seconds::max()};
  for (std::size_t i = 0; i < path.size(); ++i) {
    const X509* certificate = path[i].get();
    const auto end = to_sys_seconds(X509_get0_notAfter(certificate));
    if (!end) {
      return tl::unexpected(make_fault(request, Reason::kCertMalformed,
                                       {"notAfter is no time", certificate, static_cast<int>(i)}));
    }
    const bool is_waived = i == 0 ? waivers.expired : waivers.chain_expired;
    if (is_waived && *end <= request.now) continue;
    verified.expires = std::min(verified.expires, *end);
  }
  return verified;
}

VerifyResult judge_path(const VerifyRequest& request, const CandidatePath& candidate,
                        Purpose purpose, const PresentedNames& names, const Identity& identity) {
  const auto path = verify_path(request, candidate, purpose);
  if (!path) return tl::unexpected(path.error());
  if (auto fault = check_floors(request, *path)) return tl::unexpected(std::move(*fault));
  if (auto fault = check_extensions(request, *path)) return tl::unexpected(std::move(*fault));
  if (auto fault = check_must_staple(request, *path)) return tl::unexpected(std::move(*fault));
  if (auto fault = check_identity(request, names, identity)) {
    return tl::unexpected(std::move(*fault));
  }
  if (auto fault = check_name_constraints(request, *path, identity)) {
    return tl::unexpected(std::move(*fault));
  }
  return earliest_expiry(request, *path);
}

// The first path that passes; when none does, what is wrong with the first one.
//
// Nearly always that is the first path that names suggest. To judge it verifies its signatures, so
// that path is judged before the search would verify them, too. If it does not pass, the search
// decides, as it would have done without it.
VerifyResult judge_paths(const VerifyRequest& request, Purpose purpose, const PresentedNames& names,
                         const Identity& identity) {
  const auto judge = [&](const CandidatePath& path) {
    return judge_path(request, path, purpose, names, identity);
  };
  const auto likely = first_path_by_names(request);
  const auto of_likely = likely ? std::optional(judge(*likely)) : std::nullopt;
  if (of_likely && of_likely->has_value()) return *of_likely;

  std::optional<VerifyResult> told;
  const SearchEnd end = for_each_path(request, [&](const CandidatePath& candidate) {
    VerifyResult result = candidate == likely ? *of_likely : judge(candidate);
    const bool accepted = result.has_value();
    if (accepted || !told) told = std::move(result);
    return accepted;
  });
  if (!told) return tl::unexpected(explain_no_path(request, purpose, end));
  return *told;
}

bool may_be_a_client(const VerifyRequest& request, const VerifyResult& result) {
  return !result && result.error().refusal.reason == Reason::kWrongPurpose &&
         request.policy.client_purpose_fallback && request.role == PeerRole::kInitiating;
}

}  // namespace

VerifyResult verify_peer(const VerifyRequest& request) {
  if (auto fault = check_presented(request)) return tl::unexpected(std::move(*fault));
  if (auto result = judge_by_pins(request)) return *result;

  // Before any name is used: one malformed name makes the whole certificate unfit.
  const X509* leaf = request.chain.leaf.get();
  const auto names = read_presented_names(leaf);
  if (!names) {
    return tl::unexpected(make_fault(request, Reason::kCertMalformed, {names.error(), leaf, 0}));
  }
  const Purpose purpose = request.policy.purpose;
  const Identity identity =
      purpose == Purpose::kTlsClient
          ? match_user(*names, request.reference)
          : match_identity(leaf, *names, request.reference, request.policy.service);
  VerifyResult result = judge_paths(request, purpose, *names, identity);
  if (may_be_a_client(request, result)) {
    result = judge_paths(request, Purpose::kTlsClient, *names, identity);
    if (result) result->client_purpose = true;
  }
  return result;
}

}  // namespace portcullis::certs
