#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "certs/own/local_ca.h"
#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// The most recently used minted leaves, at most `limit`. Thread-safe.
class LeafCache {
 public:
  using Leaf = std::shared_ptr<const MintedLeaf>;

  explicit LeafCache(std::size_t limit) : limit_(limit) {}

  // Null when there is none for `domain`, or when `now` is not within its [from, renew).
  Leaf find(const DomainName& domain, std::chrono::sys_seconds now);
  // Returns the leaf to use: `leaf`, or the one that another thread has put there meanwhile.
  Leaf put(const DomainName& domain, Leaf leaf, std::chrono::sys_seconds from,
           std::chrono::sys_seconds renew, std::chrono::sys_seconds now);
  std::size_t size() const;

 private:
  struct Entry {
    DomainName domain;
    Leaf leaf;
    std::chrono::sys_seconds from;
    std::chrono::sys_seconds renew;
  };
  using Entries = std::list<Entry>;

  Leaf find_locked(const DomainName& domain, std::chrono::sys_seconds now);

  const std::size_t limit_;
  mutable std::mutex mutex_;
  Entries entries_;  // most recently used first
  std::unordered_map<DomainName, Entries::iterator> index_;
};

}  // namespace portcullis::certs
