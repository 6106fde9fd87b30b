#include "proxy/keeper/key_holders.h"

#include <algorithm>
#include <utility>

#include "certs/own/der.h"

namespace portcullis::keeper {

Result<certs::LocalCa> KeyHolders::load(const std::string& directory,
                                        std::vector<DomainName> served,
                                        std::chrono::sys_seconds /*now*/) {
  auto fresh = HeldKey::start(start_, {directory, served}, waits_);
  if (!fresh) return tl::unexpected(fresh.error());
  auto key = same_as(**fresh);
  if (key == nullptr) {
    key = std::move(*fresh);
    watched_.push_back({key, true, std::chrono::seconds(0), Time(0)});
  }
  auto certificate = certs::certificate_from_der(key->certificate());
  if (!certificate) return tl::unexpected(certificate.error());
  return certs::LocalCa::with(std::move(*certificate), std::move(key), std::move(served));
}

std::shared_ptr<HeldKey> KeyHolders::same_as(const HeldKey& fresh) const {
  for (const auto& watched : watched_) {
    auto key = watched.key.lock();
    if (key != nullptr && key->ca() == fresh.ca() && key->certificate() == fresh.certificate() &&
        key->is_running())
      return key;
  }
  return nullptr;
}

std::vector<KeyHolders::Event> KeyHolders::look_after(Time now) {
  std::erase_if(watched_, [](const Watched& each) { return each.key.expired(); });
  std::vector<Event> events;
  for (auto& watched : watched_)
    if (const auto key = watched.key.lock()) look_after(watched, *key, now, events);
  return events;
}

void KeyHolders::look_after(Watched& watched, HeldKey& key, Time now, std::vector<Event>& events) {
  if (key.is_running()) {
    // It has run for a while: the next end is a new one.
    if (now - watched.next_try > kLongestPause) watched.pause = std::chrono::seconds(0);
    return;
  }
  if (std::exchange(watched.runs, false)) events.push_back({Event::What::kEnded, ""});
  if (now < watched.next_try) return;
  watched.pause = std::clamp(2 * watched.pause, kFirstPause, kLongestPause);
  watched.next_try = now + watched.pause;
  const auto restarted = key.restart();
  watched.runs = restarted.has_value();
  events.push_back(restarted ? Event{Event::What::kRuns, ""}
                             : Event{Event::What::kCannotStart, restarted.error().message});
}

}  // namespace portcullis::keeper
