#include "proxy/keeper/key_holder.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "certs/own/der.h"
#include "proxy/base/clock.h"

namespace portcullis::keeper {
namespace {

// More than any installation has; it bounds the memory.
constexpr std::size_t kMaxServed = 100'000;

KeyHolder::Outcome answer(Answer given) {
  return {KeyHolder::Step::kGoOn, std::move(given)};
}

KeyHolder::Outcome refuse(std::string why) {
  return answer(Refused{std::move(why)});
}

// What is said of the loading once the process is confined.
Answer confined(Answer loaded, Result<std::string> unconfined) {
  auto* const ca = std::get_if<Loaded>(&loaded);
  if (ca == nullptr) return loaded;
  if (!unconfined) return Refused{std::move(unconfined.error().message)};
  ca->unconfined = std::move(*unconfined);
  return loaded;
}

KeyHolder::Outcome certificate(X509* given) {
  auto der = certs::certificate_to_der(given);
  return der ? answer(Certificate{std::move(*der)}) : refuse(der.error().message);
}

}  // namespace

KeyHolder::Outcome KeyHolder::handle(const Request& request, const Now& now) {
  return std::visit([&](const auto& each) { return handle(each, now); }, request);
}

KeyHolder::Outcome KeyHolder::handle(const Served& served, const Now& /*now*/) {
  if (is_loaded_ || served_.size() >= kMaxServed) return {Step::kEnd, std::nullopt};
  served_.insert(served.domain);
  return {Step::kGoOn, std::nullopt};
}

KeyHolder::Outcome KeyHolder::handle(const Load& load, const Now& now) {
  if (std::exchange(is_loaded_, true)) return {Step::kEnd, std::nullopt};
  last_taken_ = now.monotonic;
  auto key = certs::CaKey::load(load.directory, now.wall_clock);
  if (!key) return refuse(key.error().message);
  key_ = std::move(*key);
  auto der = certs::certificate_to_der(key_->certificate());
  return der ? answer(Loaded{std::move(*der), ""}) : refuse(der.error().message);
}

KeyHolder::Outcome KeyHolder::handle(const Mint& mint, const Now& now) {
  if (key_ == nullptr) return {Step::kEnd, std::nullopt};
  if (served_.contains(mint.remote))
    return refuse("the local CA does not certify " + mint.remote.a_label() +
                  ", because that domain is served here");
  if (!take_token(now.monotonic))
    return refuse("more certificates are asked for than the local CA ever makes in this time");
  if (!take_leaf_key(mint.leaf_key)) return {Step::kEnd, std::nullopt};
  const auto leaf = key_->issue(mint.remote, leaf_key_.get(), now.wall_clock);
  return leaf ? certificate(leaf->get()) : refuse(leaf.error().message);
}

bool KeyHolder::take_leaf_key(const std::string& der) {
  if (leaf_key_ && der == leaf_key_der_) return true;
  auto key = certs::leaf_key_from_der(der);
  if (!key) return false;
  leaf_key_der_ = der;  // first, because a copy can fail
  leaf_key_ = std::move(*key);
  return true;
}

bool KeyHolder::take_token(std::chrono::microseconds now) {
  const std::chrono::duration<double> passed = now - std::exchange(last_taken_, now);
  tokens_ = std::min(kMintBurst, tokens_ + kMintsPerSecond * passed.count());
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void hold_key(const net::Descriptor& socket) {
  hold_key(socket, [] { return std::string(); });
}

void hold_key(const net::Descriptor& socket, const Confine& confine) {
  KeyHolder holder;
  std::array<char, kMaxRequest + 1> buffer;
  while (true) {
    const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    const auto request = decode_request({buffer.data(), static_cast<std::size_t>(size)});
    if (!request) return;
    auto outcome = holder.handle(*request, {wall_clock_now(), monotonic_now()});
    if (outcome.step == KeyHolder::Step::kEnd) return;
    if (!outcome.answer) continue;
    if (std::holds_alternative<Load>(*request))
      outcome.answer = confined(std::move(*outcome.answer), confine());
    const auto message = encode(*outcome.answer);
    if (!message || ::send(socket.get(), message->data(), message->size(), MSG_NOSIGNAL) < 0)
      return;
  }
}

}  // namespace portcullis::keeper
