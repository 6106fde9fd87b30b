#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "policy/model/config.h"
#include "proxy/base/stream_kind.h"
#include "proxy/relay/token_buckets.h"

namespace portcullis::relay {

// How fast new connections may come from strangers. A value, as TokenBuckets is.
//
// A new connection takes one token of each network of its peer, and one of the total of its kind;
// if one of these buckets is empty, it is refused and takes none. So addresses that are refused
// anyway take nothing from the total, and not even a flood fills the table: with the defaults, not
// more than 2 * (burst_total + rate_total * 20 s) peers can have a bucket that is not full.
class RateLimits {
 public:
  struct Settings {
    std::array<Rate, 4> of_network;  // by NetworkSize
    Rate total;

    static Settings of(const policy::Limits& limits);
  };

  RateLimits(const Settings& settings, std::uint64_t secret);

  // A new connection; the limit that refuses it, if one does.
  std::optional<telemetry::Limit> take(StreamKind kind, const PeerNetworks& peer,
                                       std::chrono::milliseconds now);
  // The same for a connection from an exempt address: only the total of all of them counts.
  std::optional<telemetry::Limit> take_exempt(std::chrono::milliseconds now);
  // The peer made us work as much as so many new connections do. Never refused: the work is done.
  void charge(const PeerNetworks& peer, double connections, std::chrono::milliseconds now);

  // What was taken before stays taken.
  void change(const Settings& settings) { settings_ = settings; }

 private:
  const Rate& rate_of(const PeerNetwork& network) const {
    return settings_.of_network[static_cast<std::size_t>(network.size)];
  }

  Settings settings_;
  TokenBuckets networks_;
  std::array<TokenBucket, 3> totals_;  // by StreamKind
  TokenBucket exempt_;
};

}  // namespace portcullis::relay
