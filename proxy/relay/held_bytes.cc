#include "proxy/relay/held_bytes.h"

#include <algorithm>
#include <bit>

namespace portcullis::relay {
namespace {

constexpr std::size_t kSmall = 1024;
// To stop a stream that holds less would free nothing.
constexpr std::size_t kWorthStopping = std::size_t{16} * 1024;

// In eighths of what may be held. Strangers stop first, so that those who are known do not have to.
constexpr std::size_t kStrangerStops = 5;
constexpr std::size_t kStops = 6;
constexpr std::size_t kStrangerGoesOn = 4;
constexpr std::size_t kGoesOn = 5;

constexpr std::chrono::seconds kAfterRunningOut{10};

// In sixteenths of the memory: others, the backend.
constexpr std::array<std::size_t, 2> kRefused{14, 15};
constexpr std::array<std::size_t, 2> kAdmitted{12, 14};

}  // namespace

// ---- One stream

HeldBytes::Share::Share(HeldBytes& all) : all_(all) {
  all_.costs_.fetch_add(cost_, std::memory_order_relaxed);
}

HeldBytes::Share::~Share() {
  set(0);
  all_.costs_.fetch_sub(cost_, std::memory_order_relaxed);
}

std::size_t HeldBytes::Share::rank() const {
  const auto size = static_cast<std::size_t>(std::bit_width(told_));
  return stranger_ && size != 0 ? kSizes + size : size;
}

void HeldBytes::Share::move(std::size_t from) const {
  const auto to = rank();
  if (from == to) return;
  if (from != 0) all_.streams_[from].fetch_sub(1, std::memory_order_relaxed);
  if (to != 0) all_.streams_[to].fetch_add(1, std::memory_order_relaxed);
}

void HeldBytes::Share::established() {
  all_.costs_.fetch_sub(cost_ - kEstablished, std::memory_order_relaxed);
  cost_ = kEstablished;
}

void HeldBytes::Share::trust() {
  const auto before = rank();
  stranger_ = false;
  move(before);
}

void HeldBytes::Share::set(std::size_t bytes) {
  const std::size_t difference = bytes > told_ ? bytes - told_ : told_ - bytes;
  if (difference == 0 || (difference < kSmall && bytes != 0)) return;
  if (bytes > told_)
    all_.total_.fetch_add(difference, std::memory_order_relaxed);
  else
    all_.total_.fetch_sub(difference, std::memory_order_relaxed);
  const auto before = rank();
  told_ = bytes;
  move(before);
}

bool HeldBytes::Share::holds_most() const {
  return told_ != 0 && !all_.is_any_above(rank());
}

bool HeldBytes::Share::must_stop() const {
  return told_ >= kWorthStopping && all_.takes(stranger_ ? kStrangerStops : kStops) && holds_most();
}

bool HeldBytes::Share::may_go_on() const {
  return !all_.takes(stranger_ ? kStrangerGoesOn : kGoesOn) || !holds_most();
}

bool HeldBytes::Share::must_end() const {
  return all_.too_many() && holds_most();
}

bool HeldBytes::Share::give_up() {
  return give_up(all_.room());
}

bool HeldBytes::Share::give_up_newcomer() {
  return give_up(all_.room() / 8 * kStrangerStops);
}

bool HeldBytes::Share::give_up_stopped() {
  return give_up(all_.room() / 8 * (stranger_ ? kStrangerGoesOn : kGoesOn));
}

bool HeldBytes::Share::give_up(std::size_t most) {
  if (!holds_most()) return false;
  auto total = all_.total();
  do {
    if (total <= most) return false;
  } while (!all_.total_.compare_exchange_weak(total, total - told_, std::memory_order_relaxed));
  const auto before = rank();
  told_ = 0;
  move(before);
  return true;
}

// ---- All streams

// What the streams cost by themselves is there, and nothing that is held can be ended for it. So a
// part of the memory stays for what is held even if they cost more than they should.
std::size_t HeldBytes::room() const {
  const auto memory = memory_limit();
  const auto costs = std::min(memory, costs_.load(std::memory_order_relaxed));
  return std::min(limit_.load(std::memory_order_relaxed), std::max(memory - costs, memory / 8));
}

bool HeldBytes::is_any_above(std::size_t rank) const {
  return std::any_of(streams_.begin() + static_cast<std::ptrdiff_t>(rank) + 1, streams_.end(),
                     [](const auto& count) { return count.load(std::memory_order_relaxed) > 0; });
}

bool HeldBytes::is_short() const {
  return stopped() > 0 || takes(kStrangerStops);
}

void HeldBytes::ran_out(std::chrono::milliseconds now) {
  ran_out_until_ = now + kAfterRunningOut;
}

bool HeldBytes::refuses_newcomer(bool of_backend, std::chrono::milliseconds now) {
  const std::size_t who = of_backend ? 1 : 0;
  const auto sixteenth = memory_limit() / 16;
  const auto taken = memory();
  if (taken >= sixteenth * kRefused.at(who))
    refusing_.at(who) = true;
  else if (taken < sixteenth * kAdmitted.at(who))
    refusing_.at(who) = false;
  return refusing_.at(who) || (!of_backend && now < ran_out_until_.load());
}

}  // namespace portcullis::relay
