#include "proxy/relay/dial_limits.h"

namespace portcullis::relay {

void DialLimits::GiveBack::operator()(const DomainName* remote) const {
  const std::scoped_lock lock(limits->mutex_);
  --limits->total_;
  const auto found = limits->per_domain_.find(*remote);
  if (--found->second == 0) limits->per_domain_.erase(found);
}

DialLimits::Place DialLimits::take(const DomainName& remote, const policy::Limits& limits) {
  return take_below(remote, limits.dials, limits.dials_per_domain);
}

DialLimits::Place DialLimits::take_further(const DomainName& remote, const policy::Limits& limits) {
  return take_below(remote, limits.dials / 2, limits.dials_per_domain / 2);
}

DialLimits::Place DialLimits::take_below(const DomainName& remote, std::size_t most,
                                         std::size_t most_of_domain) {
  const std::scoped_lock lock(mutex_);
  const auto found = per_domain_.find(remote);
  const std::size_t of_domain = found == per_domain_.end() ? 0 : found->second;
  if (total_ >= most || of_domain >= most_of_domain) return nullptr;
  const auto counted = per_domain_.try_emplace(remote).first;  // first, because it needs memory
  ++counted->second;
  ++total_;
  return {&counted->first, GiveBack{this}};  // the name stays where it is while it is counted
}

DialPlaces DialLimits::places(const DomainName& remote, const policy::Limits& limits) {
  return {take(remote, limits), [this, remote, &limits] { return take_further(remote, limits); }};
}

std::size_t DialLimits::under_way() const {
  const std::scoped_lock lock(mutex_);
  return total_;
}

}  // namespace portcullis::relay
