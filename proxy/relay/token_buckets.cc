#include "proxy/relay/token_buckets.h"

#include <algorithm>

namespace portcullis::relay {
namespace {

// An entry can only stand in one set of this many.
constexpr std::size_t kSetSize = 8;

TokenBucket::Time time_for(double tokens, const Rate& rate) {
  return std::chrono::duration_cast<TokenBucket::Time>(
      std::chrono::duration<double>(tokens / rate.per_second));
}

// The finalizer of MurmurHash3, which mixes each bit into all others.
std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  value ^= value >> 33;
  return value;
}

}  // namespace

bool TokenBucket::has(const Rate& rate, double tokens, Time now) const {
  return std::max(full_at_, now) + time_for(tokens, rate) <= now + time_for(rate.burst, rate);
}

void TokenBucket::take(const Rate& rate, double tokens, Time now) {
  full_at_ = std::max(full_at_, now) + time_for(std::min(tokens, rate.burst), rate);
  full_at_ = std::min(full_at_, now + time_for(rate.burst, rate));
}

void TokenBucket::owe(const Rate& rate, double tokens, Time now) {
  full_at_ = std::max(full_at_, now) + time_for(std::min(tokens, rate.burst), rate);
  full_at_ = std::min(full_at_, now + time_for(2 * rate.burst, rate));
}

TokenBuckets::TokenBuckets(std::size_t entries, std::uint64_t secret)
    : secret_(secret), entries_((entries + kSetSize - 1) / kSetSize * kSetSize) {}

std::size_t TokenBuckets::set_of(const PeerNetwork& network) const {
  const auto hash = mixed(mixed(network.bits ^ secret_) ^ mixed(secret_) ^
                          static_cast<std::uint64_t>(network.size));
  return hash % (entries_.size() / kSetSize) * kSetSize;
}

const TokenBuckets::Entry* TokenBuckets::find(const PeerNetwork& network) const {
  const std::size_t set = set_of(network);
  for (std::size_t i = set; i < set + kSetSize; ++i)
    if (entries_[i].network == network) return &entries_[i];
  return nullptr;
}

bool TokenBuckets::has(const PeerNetwork& network, const Rate& rate, double tokens,
                       TokenBucket::Time now) const {
  const Entry* const entry = find(network);
  return (entry != nullptr ? entry->bucket : TokenBucket()).has(rate, tokens, now);
}

TokenBucket& TokenBuckets::bucket_of(const PeerNetwork& network) {
  const std::size_t set = set_of(network);
  std::size_t chosen = set;
  for (std::size_t i = set; i < set + kSetSize; ++i) {
    if (entries_[i].network == network) return entries_[i].bucket;
    if (entries_[i].bucket.full_at() < entries_[chosen].bucket.full_at()) chosen = i;
  }
  entries_[chosen] = Entry{network, {}};
  return entries_[chosen].bucket;
}

void TokenBuckets::take(const PeerNetwork& network, const Rate& rate, double tokens,
                        TokenBucket::Time now) {
  bucket_of(network).take(rate, tokens, now);
}

void TokenBuckets::owe(const PeerNetwork& network, const Rate& rate, double tokens,
                       TokenBucket::Time now) {
  bucket_of(network).owe(rate, tokens, now);
}

}  // namespace portcullis::relay
