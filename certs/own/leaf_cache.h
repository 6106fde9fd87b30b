#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "certs/own/local_ca.h"
#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// At most `limit` minted leaves. Thread-safe.
//
// Each leaf belongs to the source that made us mint it. When there are too many, the source that
// has most of them loses the one that it has not used for the longest time. So one source can use
// all the room that nobody else wants, and can never push out the leaves of those that have fewer.
class LeafCache {
 public:
  using Leaf = std::shared_ptr<const MintedLeaf>;
  // When a leaf may be used: from `from` until `renew`, which is not included.
  struct Validity {
    std::chrono::sys_seconds from;
    std::chrono::sys_seconds renew;
  };

  explicit LeafCache(std::size_t limit) : limit_(limit) {}

  // Null when there is none for `domain`, or when `now` is not within its validity.
  Leaf find(const DomainName& domain, std::chrono::sys_seconds now);
  // Returns the leaf to use: `leaf`, or the one that another thread has put there meanwhile.
  Leaf put(const DomainName& domain, const std::string& source, Leaf leaf, Validity validity,
           std::chrono::sys_seconds now);
  std::size_t size() const;

 private:
  struct Entry {
    DomainName domain;
    std::string source;
    Leaf leaf;
    Validity validity;
    std::uint64_t used;  // the larger, the later
  };
  using Entries = std::list<Entry>;  // of one source, the most recently used first

  Leaf find_locked(const DomainName& domain, std::chrono::sys_seconds now);
  void forget(Entries::iterator entry);
  void make_room();

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entries> of_source_;  // none of them is empty
  std::unordered_map<DomainName, Entries::iterator> index_;
  std::uint64_t uses_ = 0;
};

}  // namespace portcullis::certs
