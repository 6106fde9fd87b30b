#include "proxy/relay/stranger_turns.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {

StrangerTurns::StrangerTurns(Scheduler& scheduler, Clock clock)
    : scheduler_(scheduler), clock_(std::move(clock)) {}

void StrangerTurns::wait(Guest& guest) {
  guests_.push_back(&guest);
  go_on();
}

void StrangerTurns::leave(Guest& guest) {
  std::erase(guests_, &guest);
}

void StrangerTurns::go_on() {
  if (scheduled_) return;
  scheduler_.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (!alive.expired()) serve();
  });
  scheduled_ = true;  // only now: without memory, the next guest tries again
}

void StrangerTurns::serve() {
  scheduled_ = false;
  const auto begun = clock_();
  while (!guests_.empty()) {
    Guest& guest = *guests_.front();
    guests_.pop_front();
    guest.take_turn();
    if (clock_() - begun >= kPerTurn) break;
  }
  if (!guests_.empty()) go_on();
}

}  // namespace portcullis::relay
