#pragma once

#include <chrono>
#include <memory>

#include "certs/own/local_ca.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/standing.h"
#include "proxy/relay/stream_budget.h"
#include "proxy/relay/stream_plan.h"

// The certificates of the local CA that the backend is shown in the name of a peer.
namespace portcullis::relay {

using LeafOrRefusal = tl::expected<std::shared_ptr<const certs::MintedLeaf>, policy::Refusal>;

// For the end at `place` of a stream between these two.
LeafOrRefusal mint_leaf(Place place, const StreamPair& pair, const Snapshot& snapshot,
                        StreamBudget& budget, std::chrono::sys_seconds now);

// For the near end, which has only said whom it calls, and not yet in whose name: one of our hosts
// pays for it, by preference one whose backend has called from the same address before.
LeafOrRefusal mint_leaf(const DomainName& remote, const Snapshot& snapshot, StreamBudget& budget,
                        std::chrono::sys_seconds now);

}  // namespace portcullis::relay
