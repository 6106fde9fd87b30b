#include "proxy/relay/held_share.h"

namespace portcullis::relay {
namespace {

constexpr std::size_t kSmall = 1024;
// To stop a stream that holds less would free nothing.
constexpr std::size_t kWorthStopping = std::size_t{16} * 1024;

// In eighths of what may be held, as HeldBytes::kStrangersStop. Strangers stop first, so that those
// who are known do not have to.
constexpr std::size_t kStops = 6;
constexpr std::size_t kStrangerGoesOn = 4;
constexpr std::size_t kGoesOn = 5;

}  // namespace

HeldShare::HeldShare(HeldBytes& all) : all_(all) {
  all_.add_cost(cost_);
}

HeldShare::~HeldShare() {
  set(0);
  all_.drop_cost(cost_);
}

void HeldShare::established() {
  all_.drop_cost(cost_ - kEstablished);
  cost_ = kEstablished;
}

void HeldShare::trust() {
  const auto before = rank();
  stranger_ = false;
  all_.ranks_.move(before, rank());
}

void HeldShare::set(std::size_t bytes) {
  const std::size_t difference = bytes > told_ ? bytes - told_ : told_ - bytes;
  if (difference == 0 || (difference < kSmall && bytes != 0)) return;
  if (bytes > told_)
    all_.hold(difference);
  else
    all_.release(difference);
  const auto before = rank();
  told_ = bytes;
  all_.ranks_.move(before, rank());
}

bool HeldShare::holds_most() const {
  return told_ != 0 && !all_.ranks_.is_any_above(rank());
}

bool HeldShare::must_stop() const {
  return told_ >= kWorthStopping && all_.takes(stranger_ ? HeldBytes::kStrangersStop : kStops) &&
         holds_most();
}

std::size_t HeldShare::eighths_to_go_on() const {
  return stranger_ ? kStrangerGoesOn : kGoesOn;
}

bool HeldShare::may_go_on() const {
  return !all_.takes(eighths_to_go_on()) || !holds_most();
}

bool HeldShare::must_end() const {
  return all_.too_many() && holds_most();
}

bool HeldShare::give_up() {
  return give_up(all_.room());
}

bool HeldShare::give_up_newcomer() {
  return give_up(all_.room(HeldBytes::kStrangersStop));
}

bool HeldShare::give_up_stopped() {
  return give_up(all_.room(eighths_to_go_on()));
}

bool HeldShare::give_up(std::size_t most) {
  if (!holds_most() || !all_.release_if_above(most, told_)) return false;
  const auto before = rank();
  told_ = 0;
  all_.ranks_.move(before, rank());
  return true;
}

}  // namespace portcullis::relay
