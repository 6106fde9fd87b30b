#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certs/own/local_ca.h"
#include "proxy/keeper/held_key.h"

namespace portcullis::keeper {

// The processes that hold keys of local CAs: one for each CA that a snapshot in use has, which is
// one, unless the CA or the domains that are served were changed while streams go on that began
// before. Used on one thread, apart from runs().
class KeyHolders {
 public:
  using Time = std::chrono::microseconds;  // monotonic_now()
  // What has happened to one of them.
  struct Event {
    enum class What : std::uint8_t { kEnded, kRuns, kCannotStart } what;
    std::string detail;  // with kCannotStart: why
  };

  explicit KeyHolders(HolderProcess::Start start, HeldKey::Waits waits = {})
      : processes_{std::move(start)}, waits_(waits) {}

  // In place of LocalCa::load(): the key is never in this process. The process that runs is used
  // again where nothing has changed, and so are the leaves that were minted, where only the
  // certificate is the same.
  Result<certs::LocalCa> load(const std::string& directory, std::vector<certs::ServedDomain> served,
                              std::chrono::sys_seconds now);

  // What the process of the CA that was loaded last could not give up: Loaded::unconfined. nullopt:
  // there is no such process.
  std::optional<std::string> unconfined() const;

  // Starts the process of the CA that was loaded last again if it has ended: at once, then after
  // one second, two, and so on up to a minute; at most one try in each call. Those of CAs before it
  // are not started again: no stream that begins now needs them. Takes the reports of processes
  // that were killed.
  std::vector<Event> look_after(Time now);
  // Whether that process runs, as look_after() found it; true where no CA was loaded. Thread-safe.
  bool runs() const { return runs_; }

  static constexpr std::chrono::seconds kFirstPause{1};
  static constexpr std::chrono::seconds kLongestPause{60};

 private:
  class Use;
  // Of the key that was loaded last.
  struct Care {
    std::weak_ptr<HeldKey> key;
    bool runs = true;
    std::chrono::seconds pause{0};
    Time next_try{0};
  };
  void look_after(HeldKey& key, Time now, std::vector<Event>& events);
  std::shared_ptr<HeldKey> same_as(const HeldKey& fresh) const;
  Result<std::shared_ptr<certs::LeafStore>> leaves_of(const std::string& certificate) const;

  const HeldKey::Processes processes_;
  const HeldKey::Waits waits_;
  // One for each CA that was loaded and still is in use, the latest at the end: a configuration
  // that was not taken in the end drops its own, and the one before it is the latest again.
  std::vector<std::weak_ptr<Use>> uses_;
  Care care_;
  std::atomic<bool> runs_{true};
};

}  // namespace portcullis::keeper
