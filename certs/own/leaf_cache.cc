#include "certs/own/leaf_cache.h"

#include <utility>

namespace portcullis::certs {

LeafCache::Leaf LeafCache::find_locked(const DomainName& domain, std::chrono::sys_seconds now) {
  const auto found = index_.find(domain);
  if (found == index_.end()) return nullptr;
  if (now < found->second->from || now >= found->second->renew) {
    entries_.erase(found->second);
    index_.erase(found);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().leaf;
}

LeafCache::Leaf LeafCache::find(const DomainName& domain, std::chrono::sys_seconds now) {
  const std::lock_guard lock(mutex_);
  return find_locked(domain, now);
}

LeafCache::Leaf LeafCache::put(const DomainName& domain, Leaf leaf, std::chrono::sys_seconds from,
                               std::chrono::sys_seconds renew, std::chrono::sys_seconds now) {
  const std::lock_guard lock(mutex_);
  if (Leaf existing = find_locked(domain, now)) return existing;
  entries_.push_front({domain, leaf, from, renew});
  index_.emplace(domain, entries_.begin());
  while (entries_.size() > limit_) {
    index_.erase(entries_.back().domain);
    entries_.pop_back();
  }
  return leaf;
}

std::size_t LeafCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace portcullis::certs
