#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"

namespace portcullis::certs {

// The limits of one search. A peer chooses what it sends, so it can make certificates that may be
// put in order in very many ways: a signature can be made to verify under many keys.
inline constexpr int kMaxSignatureChecks = 200;
inline constexpr int kMaxPaths = 64;
inline constexpr int kMaxSteps = 512;  // certificates from which a path was continued

enum class SearchEnd : std::uint8_t {
  kStopped,    // by `visit`
  kExhausted,  // no further path exists
  kLimited,    // there may be more paths than the limits allow to look at
};

// Calls `visit` with each path from the leaf to an anchor, until it returns true. The search is
// depth first; anchors are tried before sent certificates, each in its given order. Two
// certificates are linked when names and key ids fit and the signature verifies; nothing else is
// judged. A path never holds two certificates with the same subject and key, so cross-signed CAs
// make no cycle, and at most `max_intermediates` certificates stand between leaf and anchor.
SearchEnd for_each_path(const VerifyRequest& request,
                        const std::function<bool(const CandidatePath&)>& visit);

// The first path of the same search in which no signature has been verified yet; nullopt: there is
// none within the limits. If its signatures are good, for_each_path() comes upon it before all
// others.
std::optional<CandidatePath> first_path_by_names(const VerifyRequest& request);

}  // namespace portcullis::certs
