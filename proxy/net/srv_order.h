#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/srv_rdata.h"

namespace portcullis::net {

// What the look-up of one of the two services gave.
struct SrvAnswer {
  TlsEntry entry = TlsEntry::kStartTls;  // _xmpp-server: STARTTLS, _xmpps-server: direct TLS
  enum class Outcome : std::uint8_t { kRecords, kNoRecords, kFailed } outcome = Outcome::kFailed;
  std::vector<SrvRecord> records;  // for kRecords; empty if none could be read
};

struct SrvTarget {
  DomainName host;
  std::uint16_t port = 0;
  TlsEntry entry = TlsEntry::kStartTls;
};

struct SrvPlan {
  enum class Verdict : std::uint8_t {
    kTargets,    // try `targets` in this order
    kFallback,   // neither service has a record: the domain itself, port 5269, STARTTLS
    kUnsure,     // the same, because one could not be looked up and the other has no record
    kNoService,  // the domain says (target ".") that it has no service
    kFailed      // DNS did not answer well enough to know, and what it said forbids the fallback
  } verdict = Verdict::kFailed;
  std::vector<SrvTarget> targets;
};

// A number from 0 to `bound` inclusive.
using RandomUpTo = std::function<std::uint64_t(std::uint64_t bound)>;

// XEP-0368 section 3: the records of both services are one set; lower priority first, within one
// priority weighted at random (RFC 2782). At most `max_targets`, no target twice. Pure.
SrvPlan order_srv(const std::vector<SrvAnswer>& answers, std::size_t max_targets,
                  const RandomUpTo& random);

}  // namespace portcullis::net
