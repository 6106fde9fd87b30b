#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "certs/verify/types/verify_request.h"
#include "policy/decide/gate.h"
#include "policy/explain/explain.h"
#include "policy/explain/explain_served.h"
#include "policy/model/backend_kind.h"
#include "proxy/base/result.h"

namespace portcullis::app {

// What `portcullis explain` finds out, apart from how it is shown. Private to the command.

// What would be decided about one direction of streams with a remote domain.
struct ExplainedVerdict {
  certs::PeerRole role = certs::PeerRole::kInitiating;  // of the remote server: it calls us
  policy::Decision decision;                            // as the configuration is
  std::optional<int> depth;                             // of the certificate at fault; 0: the leaf
  policy::Verdict in_enforce = policy::Verdict::kAccepted;
  policy::Verdict in_observe = policy::Verdict::kAccepted;
};

struct DomainFindings {
  policy::Explanation explanation;
  std::string local;                       // the domain of ours that they speak to
  std::string certificate;                 // the file; empty: none was given
  std::size_t certificates = 0;            // in that file
  std::string tls;                         // "1.2" or "1.3"
  std::vector<ExplainedVerdict> verdicts;  // without a certificate: only a refusal
};

// Accepted, or let through by an exception.
bool meets_policy(const policy::Decision& decision);

std::string text_of(const DomainFindings& findings);
std::string json_of(const DomainFindings& findings);
std::string text_of(const policy::ServedExplanation& served);
std::string json_of(const policy::ServedExplanation& served);
// What the kind of a backend brings, and what to change in such a server.
std::string text_of(const policy::BackendKindInfo& kind);
std::string json_of(const policy::BackendKindInfo& kind);
std::string text_of(const policy::ReasonInfo& reason);
std::string json_of(const policy::ReasonInfo& reason);

}  // namespace portcullis::app
