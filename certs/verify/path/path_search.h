#pragma once

#include <cstdint>
#include <functional>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"

namespace portcullis::certs {

// The limits of one search. Every check costs a signature verification.
inline constexpr int kMaxSignatureChecks = 200;
inline constexpr int kMaxPaths = 64;
// Certificates that a path was tried through. A signature can be made to verify under many keys, so
// what a peer sends may be linked in every way there is.
inline constexpr int kMaxSteps = 512;

enum class SearchEnd : std::uint8_t {
  kStopped,    // by `visit`
  kExhausted,  // no further path exists
  kLimited,    // there may be more paths than the limits allow to look at
};

// Calls `visit` with each path from the leaf to an anchor, until it returns true: depth first,
// anchors before sent certificates, each in its given order. Two certificates are linked when names
// and key ids fit and the signature verifies; nothing else is judged. No subject with the same key
// comes twice in a path, so cross-signed CAs make no cycle. At most `max_intermediates`
// certificates between leaf and anchor.
SearchEnd for_each_path(const VerifyRequest& request,
                        const std::function<bool(const CandidatePath&)>& visit);

}  // namespace portcullis::certs
