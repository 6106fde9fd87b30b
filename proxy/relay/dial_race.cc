#include "proxy/relay/dial_race.h"

#include <algorithm>
#include <string>
#include <utility>

namespace portcullis::relay {

DialRace::DialRace(Scheduler& scheduler, Network& network, Dial& dial, DialPlaces& places,
                   Owner& owner)
    : scheduler_(scheduler),
      network_(network),
      dial_(dial),
      places_(places),
      owner_(owner),
      timer_(scheduler.make_timer([this] { on_time(); })) {}

void DialRace::go_on() {
  start_next();
  while (further_.size() >= std::max<std::size_t>(runners_.size(), 1)) further_.pop_back();
  if (runners_.empty()) {
    timer_->stop();
    return owner_.on_none_left();
  }
  timer_->start(std::min(wakes_, dial_.ends()) - scheduler_.now());
}

void DialRace::start_next() {
  wakes_ = dial_.ends();
  if (!dial_.has_more()) return;
  if (!make_room()) {
    wakes_ = runners_.front().began + kPatience;
    return;
  }
  const auto now = scheduler_.now();
  auto attempt =
      dial_.next(now, [this](const net::SocketAddress& address) { return owner_.ask(address); });
  if (!attempt) return;
  const auto number = ++started_;
  auto call = network_.call(attempt->target, [this, number](Network::Called called) {
    on_called(number, std::move(called));
  });
  runners_.push_back({number, *attempt, now, std::move(call)});
  if (dial_.has_more()) wakes_ = now + kApart;
}

bool DialRace::make_room() {
  if (may_start()) return true;
  const auto now = scheduler_.now();
  if (now - runners_.front().began < kPatience) return false;
  drop_oldest(now);
  return may_start();
}

bool DialRace::may_start() {
  if (runners_.size() >= kAtOnce) return false;
  if (runners_.empty() || runners_.size() <= further_.size() || !places_.further) return true;
  auto place = places_.further();
  if (!place) return false;
  further_.push_back(std::move(place));
  return true;
}

void DialRace::on_time() {
  const auto now = scheduler_.now();
  if (now >= dial_.ends())
    while (!runners_.empty()) drop_oldest(now);
  go_on();
}

void DialRace::drop_oldest(std::chrono::milliseconds now) {
  const auto oldest = std::move(runners_.front());
  runners_.erase(runners_.begin());
  owner_.on_not_connected(
      oldest.attempt.target.address(),
      {.detail = "no answer within " + std::to_string((now - oldest.began).count()) + " ms",
       .proxy_failed = oldest.call->is_with_proxy()});
}

void DialRace::on_called(std::size_t number, Network::Called called) {
  const auto found = std::find_if(runners_.begin(), runners_.end(),
                                  [number](const Runner& one) { return one.number == number; });
  auto runner = std::move(*found);
  runners_.erase(found);
  if (called) return win(std::move(runner), *called);
  owner_.on_not_connected(runner.attempt.target.address(), called.error());
  go_on();
}

void DialRace::win(Runner winner, const MakeTransport& make) {
  std::vector<Dial::Attempt> others;
  for (const auto& runner : runners_) others.push_back(runner.attempt);
  dial_.put_back(others);
  runners_.clear();
  further_.clear();
  timer_->stop();
  winner.attempt.time = dial_.share(scheduler_.now());
  owner_.on_connected(winner.attempt, make);
}

}  // namespace portcullis::relay
