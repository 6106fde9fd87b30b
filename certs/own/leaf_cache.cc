#include "certs/own/leaf_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace portcullis::certs {

LeafCache::Leaf LeafCache::find_locked(const DomainName& domain, std::chrono::sys_seconds now) {
  const auto found = index_.find(domain);
  if (found == index_.end()) return nullptr;
  const auto entry = found->second;
  if (now < entry->validity.from || now >= entry->validity.renew) {
    forget(entry);
    return nullptr;
  }
  entry->used = ++uses_;
  auto& entries = of_source_.at(entry->source);
  entries.splice(entries.begin(), entries, entry);
  return entry->leaf;
}

LeafCache::Leaf LeafCache::find(const DomainName& domain, std::chrono::sys_seconds now) {
  const std::lock_guard lock(mutex_);
  return find_locked(domain, now);
}

LeafCache::Leaf LeafCache::put(const DomainName& domain, const std::string& source, Leaf leaf,
                               Validity validity, std::chrono::sys_seconds now) {
  const std::lock_guard lock(mutex_);
  if (Leaf existing = find_locked(domain, now)) return existing;
  auto& entries = of_source_[source];
  entries.push_front({domain, source, leaf, validity, ++uses_});
  index_.emplace(domain, entries.begin());
  if (index_.size() > limit_) make_room();
  return leaf;
}

// Looks at every source, so it takes longest when each has only one leaf; it runs once for each
// leaf that is minted, whose number in a second is limited.
void LeafCache::make_room() {
  const auto most = std::max_element(
      of_source_.begin(), of_source_.end(), [](const auto& one, const auto& other) {
        const Entries& a = one.second;
        const Entries& b = other.second;
        if (a.size() != b.size()) return a.size() < b.size();
        return a.back().used > b.back().used;  // the one that was used longest ago
      });
  forget(std::prev(most->second.end()));
}

void LeafCache::forget(Entries::iterator entry) {
  index_.erase(entry->domain);
  const auto source = of_source_.find(entry->source);
  source->second.erase(entry);
  if (source->second.empty()) of_source_.erase(source);
}

std::size_t LeafCache::size() const {
  const std::lock_guard lock(mutex_);
  return index_.size();
}

}  // namespace portcullis::certs
