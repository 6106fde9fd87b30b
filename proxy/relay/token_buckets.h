#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proxy/relay/peer_network.h"

namespace portcullis::relay {

// How fast tokens may be taken: `per_second` over a long time, and `burst` at once from a full
// bucket. Both are above 0.
struct Rate {
  double per_second = 1;
  double burst = 1;
};

// One bucket, as the time at which it is full again. A bucket that was never used is full.
class TokenBucket {
 public:
  using Time = std::chrono::microseconds;

  bool has(const Rate& rate, double tokens, Time now) const;
  // Takes tokens. It makes no debts: taking more than it holds leaves it empty.
  void take(const Rate& rate, double tokens, Time now);
  // The same, but what it does not hold is left as a debt, of one `burst` at most.
  void owe(const Rate& rate, double tokens, Time now);
  bool is_full(Time now) const { return full_at_ <= now; }
  Time full_at() const { return full_at_; }

 private:
  Time full_at_ = Time::min();
};

// A bucket for each network, in a table of fixed size. A value: it has no clock, the time is given.
//
// The table cannot be used against others. A network without an entry has a full bucket, and a full
// bucket needs no entry: it may be overwritten. If all entries where a new one could go are in use,
// the one that is nearest to full is overwritten. So nobody is ever refused because the table is
// full. An attacker with very many addresses only makes it forget buckets out of which the least
// was taken, and gains less by it than by using one more of these addresses; a bucket that he has
// emptied stays. He cannot choose which entries meet, because where an entry goes depends on
// `secret`.
class TokenBuckets {
 public:
  // `entries` is rounded up to a multiple of the size of a set.
  TokenBuckets(std::size_t entries, std::uint64_t secret);

  bool has(const PeerNetwork& network, const Rate& rate, double tokens,
           TokenBucket::Time now) const;
  void take(const PeerNetwork& network, const Rate& rate, double tokens, TokenBucket::Time now);
  void owe(const PeerNetwork& network, const Rate& rate, double tokens, TokenBucket::Time now);

 private:
  struct Entry {
    PeerNetwork network;
    TokenBucket bucket;
  };

  std::size_t set_of(const PeerNetwork& network) const;
  const Entry* find(const PeerNetwork& network) const;
  // The one of this network; a new one takes the place that costs least to forget.
  TokenBucket& bucket_of(const PeerNetwork& network);

  std::uint64_t secret_;
  std::vector<Entry> entries_;
};

}  // namespace portcullis::relay
