#pragma once

#include <cstdint>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::report {

// Whether `reason` speaks of the remote server. False: of us, our backend, or the way between.
bool is_peers_fault(StreamKind kind, policy::Reason reason);

// What operators publish about servers whose encryption does not suffice.
enum class PublishedClass : std::uint8_t {
  kUntrustedCertificate,
  kDialbackOnly,  // no usable certificate authentication at all
  kNone,          // says nothing about certificates or encryption of the remote server
};
PublishedClass published_class(policy::Reason reason);

}  // namespace portcullis::report
