#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "certs/own/local_ca.h"
#include "proxy/keeper/held_key.h"

namespace portcullis::keeper {

// The processes that hold keys of local CAs: one for each CA that a snapshot in use has, which is
// one, unless the CA or the domains that are served were changed a moment ago. Used on one thread.
class KeyHolders {
 public:
  using Time = std::chrono::microseconds;  // monotonic_now()
  // What has happened to one of them.
  struct Event {
    enum class What : std::uint8_t { kEnded, kRuns, kCannotStart } what;
    std::string detail;  // with kCannotStart: why
  };

  explicit KeyHolders(HolderProcess::Start start, HeldKey::Waits waits = {})
      : start_(std::move(start)), waits_(waits) {}

  // In place of LocalCa::load(): the key is never in this process. The process that runs is used
  // again where nothing has changed.
  Result<certs::LocalCa> load(const std::string& directory, std::vector<DomainName> served,
                              std::chrono::sys_seconds now);

  // Starts again what has ended: at once, then after one second, two, and so on up to a minute.
  std::vector<Event> look_after(Time now);

  static constexpr std::chrono::seconds kFirstPause{1};
  static constexpr std::chrono::seconds kLongestPause{60};

 private:
  struct Watched {
    std::weak_ptr<HeldKey> key;
    bool runs = true;
    std::chrono::seconds pause{0};
    Time next_try{0};
  };
  void look_after(Watched& watched, HeldKey& key, Time now, std::vector<Event>& events);
  std::shared_ptr<HeldKey> same_as(const HeldKey& fresh) const;

  const HolderProcess::Start start_;
  const HeldKey::Waits waits_;
  std::vector<Watched> watched_;
};

}  // namespace portcullis::keeper
