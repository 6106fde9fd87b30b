#pragma once

#include <string>
#include <tuple>

#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::relay {

// An established stream that a configuration would end.
struct LostStream {
  StreamKind kind = StreamKind::kS2sInbound;
  std::string local;   // our domain
  std::string remote;  // of the other server; "" on c2s
  policy::Reason reason = policy::Reason::kInternalError;
  std::string rule;  // the pattern of the rule for the other server; "" if there is none

  bool operator<(const LostStream& other) const {
    return std::tie(kind, local, remote, reason, rule) <
           std::tie(other.kind, other.local, other.remote, other.reason, other.rule);
  }
};

}  // namespace portcullis::relay
