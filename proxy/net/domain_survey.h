#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"
#include "proxy/net/domain_records.h"
#include "proxy/net/loop.h"
#include "proxy/net/resolver.h"

namespace portcullis::net {

struct SurveyQuestion {
  DomainName domain;
  Clientele clientele = Clientele::kServers;
  std::vector<Endpoint> servers = {};  // to ask; empty: those of /etc/resolv.conf
  std::string trust_anchors = {};      // a file; empty: nothing is validated
  std::chrono::milliseconds time{10'000};
};

// Looks up all that DNS says about the servers of one domain: the SRV records of both services, the
// addresses of each target, and its TLSA records. Streams do it by Resolver::find_server(), which
// waits for nothing that it can do without; here every answer is waited for, as long as there is
// time, so that it can be shown. The order of the targets and the fallback are decided by the same
// code, only that nothing is left to chance. At most 16 targets with 8 addresses and 8 TLSA records
// each are kept.
//
// `done` is called once, never before this function returns, at the latest when the time is over,
// and may destroy the look-up. `loop` must outlive it.
Result<std::unique_ptr<Resolver::Lookup>> survey_domain(Loop& loop, SurveyQuestion question,
                                                        std::function<void(DomainRecords)> done);

}  // namespace portcullis::net
