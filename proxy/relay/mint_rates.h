#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "certs/own/leaf_use.h"
#include "proxy/base/domain_name.h"
#include "proxy/relay/backend_addresses.h"
#include "proxy/relay/peer_network.h"
#include "proxy/relay/token_buckets.h"
#include "proxy/telemetry/labels.h"

namespace portcullis::relay {

// How many certificates the local CA may make in a time. A value, as TokenBuckets is.
//
// Each purpose has a total of its own, so that who asks for one takes nothing from another. Within
// a purpose, one source gets a part of the total only.
//
// On inbound, a source is the peer's address with its networks: of domains anybody can have as many
// as he likes, by a wildcard certificate. Everywhere else our certificate comes before that of the
// other end, so anybody may claim any own host, from as many addresses as he can use. What counts
// is the address: from where the backend of a host has proved to be it, that host has a part of its
// own. All others together have a small total, which is there for the first connections of a
// backend, and take nothing from those that have proved it.
class MintRates {
 public:
  using Time = TokenBucket::Time;

  explicit MintRates(std::uint64_t secret);

  // The other end at `peer` has shown the certificate that is pinned for the backend of `host`.
  void proved(const DomainName& host, const net::SocketAddress& peer) { backends_.add(host, peer); }
  // Whether it has, at any port.
  bool has_proved(const DomainName& host, const net::SocketAddress& peer) const {
    return backends_.has(host, peer);
  }
  // A certificate is to be made for a stream between `host` and the other end at `peer`. On
  // inbound, exempt addresses are bounded by the total only. The answer is the limit that refuses
  // it, if one does.
  std::optional<telemetry::Limit> take(certs::LeafPurpose purpose, const DomainName& host,
                                       const net::SocketAddress& peer, bool exempt, Time now);
  // The source, as the cache of leaves knows it. Those that have proved nothing are one, so that
  // nobody gets more room in the cache by more addresses.
  std::string source(certs::LeafPurpose purpose, const DomainName& host,
                     const net::SocketAddress& peer) const;

  // By purpose; without those that have proved nothing. On inbound as many as new connections by
  // default (policy::Limits::rate_total), so that this is not the limit that strangers reach first.
  // With kUnproved, kUnprovedRefused they stay below what keeper::KeyHolder allows.
  static constexpr std::array<Rate, certs::kLeafPurposes> kTotal{Rate{500, 5'000}, Rate{100, 2'000},
                                                                 Rate{10, 100}};
  // All together that have not proved to be the backend.
  static constexpr Rate kUnproved{20, 400};
  static constexpr Rate kUnprovedRefused{2, 20};
  static constexpr std::array<Rate, 4> kOfNetwork{Rate{10, 200}, Rate{10, 200}, Rate{20, 400},
                                                  Rate{40, 800}};  // by NetworkSize
  static constexpr Rate kOfHost{50, 1'000};
  static constexpr Rate kOfHostRefused{5, 50};

 private:
  bool take_inbound(const PeerNetworks& networks, Time now);
  bool take_proved(certs::LeafPurpose purpose, std::string source, Time now);
  bool take_unproved(certs::LeafPurpose purpose, Time now);
  bool take_total(certs::LeafPurpose purpose, Time now);

  TokenBuckets networks_;
  std::unordered_map<std::string, TokenBucket> hosts_;  // by source; a full one may be missing
  std::array<TokenBucket, certs::kLeafPurposes> totals_;
  TokenBucket unproved_;
  TokenBucket unproved_refused_;
  BackendAddresses backends_;
};

}  // namespace portcullis::relay
