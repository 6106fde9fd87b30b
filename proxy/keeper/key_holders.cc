#include "proxy/keeper/key_holders.h"

#include <algorithm>
#include <utility>

#include "certs/own/der.h"
#include "certs/own/leaf_store.h"

namespace portcullis::keeper {

// A key as one loaded CA uses it. Several may use the same one.
class KeyHolders::Use final : public certs::LeafIssuer {
 public:
  Use(std::shared_ptr<HeldKey> key, std::shared_ptr<certs::LeafStore> leaves)
      : key_(std::move(key)), leaves_(std::move(leaves)) {}

  const std::shared_ptr<HeldKey>& key() const { return key_; }
  const std::shared_ptr<certs::LeafStore>& leaves() const { return leaves_; }
  Result<certs::X509Ptr> issue(const DomainName& remote, EVP_PKEY* leaf_key,
                               std::chrono::sys_seconds now) override {
    return key_->issue(remote, leaf_key, now);
  }

 private:
  const std::shared_ptr<HeldKey> key_;
  const std::shared_ptr<certs::LeafStore> leaves_;
};

Result<certs::LocalCa> KeyHolders::load(const std::string& directory,
                                        std::vector<certs::ServedDomain> served,
                                        std::chrono::sys_seconds /*now*/) {
  auto fresh = HeldKey::start(processes_, {directory, certs::never_certified(served)}, waits_);
  if (!fresh) return tl::unexpected(fresh.error());
  auto key = same_as(**fresh);
  if (key == nullptr) key = std::move(*fresh);
  auto certificate = certs::certificate_from_der(key->certificate());
  if (!certificate) return tl::unexpected(certificate.error());
  auto leaves = leaves_of(key->certificate());
  if (!leaves) return tl::unexpected(leaves.error());
  auto use = std::make_shared<Use>(std::move(key), *leaves);
  uses_.push_back(use);
  return certs::LocalCa::with(std::move(*certificate), std::move(use), std::move(*leaves),
                              std::move(served));
}

Result<std::shared_ptr<certs::LeafStore>> KeyHolders::leaves_of(
    const std::string& certificate) const {
  for (const auto& each : uses_) {
    const auto use = each.lock();
    if (use != nullptr && use->key()->certificate() == certificate) return use->leaves();
  }
  return certs::LeafStore::make();
}

std::shared_ptr<HeldKey> KeyHolders::same_as(const HeldKey& fresh) const {
  for (const auto& each : uses_) {
    const auto use = each.lock();
    if (use == nullptr) continue;
    const auto& key = use->key();
    if (key->ca() == fresh.ca() && key->certificate() == fresh.certificate() && key->is_running())
      return key;
  }
  return nullptr;
}

std::optional<std::string> KeyHolders::unconfined() const {
  for (auto each = uses_.rbegin(); each != uses_.rend(); ++each)
    if (const auto use = each->lock()) return use->key()->unconfined();
  return std::nullopt;
}

std::vector<KeyHolders::Event> KeyHolders::look_after(Time now) {
  processes_.ended->reap();
  std::erase_if(uses_, [](const auto& use) { return use.expired(); });
  std::shared_ptr<HeldKey> newest;
  for (const auto& each : uses_) {
    const auto use = each.lock();
    if (use == nullptr) continue;
    use->key()->is_running();  // takes the report of one that has ended
    newest = use->key();
  }
  std::vector<Event> events;
  if (newest != nullptr) {
    if (care_.key.lock() != newest) care_ = Care{newest, true, std::chrono::seconds(0), Time(0)};
    look_after(*newest, now, events);
  }
  runs_ = newest == nullptr || care_.runs;
  return events;
}

void KeyHolders::look_after(HeldKey& key, Time now, std::vector<Event>& events) {
  if (key.is_running()) {
    // It has run for a while: the next end is a new one.
    if (now - care_.next_try > kLongestPause) care_.pause = std::chrono::seconds(0);
    return;
  }
  if (std::exchange(care_.runs, false)) events.push_back({Event::What::kEnded, ""});
  if (now < care_.next_try) return;
  care_.pause = std::clamp(2 * care_.pause, kFirstPause, kLongestPause);
  care_.next_try = now + care_.pause;
  const auto restarted = key.restart();
  care_.runs = restarted.has_value();
  events.push_back(restarted ? Event{Event::What::kRuns, ""}
                             : Event{Event::What::kCannotStart, restarted.error().message});
}

}  // namespace portcullis::keeper
