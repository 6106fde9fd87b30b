#include "proxy/relay/rejudging.h"

#include <utility>

namespace portcullis::relay {
namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kEndedAtOnce =
    Rejudging::kEndedPerSecond / (std::chrono::seconds(1) / kPause);

}  // namespace

Rejudging::Rejudging(Scheduler& scheduler, Streams streams)
    : scheduler_(scheduler), streams_(std::move(streams)), timer_(scheduler.make_timer([this] {
        pausing_ = false;
        end_some();
      })) {}

void Rejudging::begin(std::vector<std::uint64_t> ids) {
  to_judge_ = std::move(ids);
  to_end_.clear();
  go_on();
}

void Rejudging::go_on() {
  if (!scheduled_ && !to_judge_.empty()) judge_some();
}

void Rejudging::judge_some() {
  for (std::size_t i = 0; i < kJudgedPerTurn && !to_judge_.empty(); ++i) {
    const auto id = to_judge_.back();
    if (streams_.judge(id)) to_end_.push_back(id);
    to_judge_.pop_back();  // last: where memory is missing above, it is judged again
  }
  end_some();
  if (to_judge_.empty()) return;
  scheduler_.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (alive.expired()) return;
    scheduled_ = false;
    judge_some();
  });
  scheduled_ = true;
}

void Rejudging::end_some() {
  if (pausing_ || to_end_.empty()) return;
  for (std::size_t i = 0; i < kEndedAtOnce && !to_end_.empty(); ++i) {
    const auto id = to_end_.front();
    to_end_.pop_front();
    streams_.end(id);
  }
  pausing_ = true;
  timer_->start(kPause);
}

}  // namespace portcullis::relay
