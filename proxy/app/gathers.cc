#include "proxy/app/gathers.h"

#include <new>

namespace portcullis::app {

// Without memory for the look there is no entry, as of a worker that does not answer.
std::function<void()> Gathers::outcome_of(const Look& look, std::size_t worker,
                                          relay::StreamSet& streams) {
  try {
    return look(worker, streams);
  } catch (const std::bad_alloc&) {
    return [] {};
  }
}

void Gathers::begin(const Look& look, std::function<void()> done) {
  const auto id = ++last_;
  auto& waiting = waiting_[id];
  waiting.done = std::move(done);
  waiting.deadline = std::make_unique<net::Timer>(loop_, [this, id] { finish(id); });
  waiting.deadline->start(patience_);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i]->finished()) continue;
    ++waiting.missing;
    workers_[i]->with_streams([this, id, i, look](relay::StreamSet& streams) {
      loop_.post([this, id, keep = outcome_of(look, i, streams)] { take(id, keep); });
    });
  }
  if (waiting.missing == 0) loop_.defer([this, id] { finish(id); });
}

void Gathers::take(std::uint64_t id, const std::function<void()>& keep) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;  // it is too late
  keep();
  if (--found->second.missing == 0) finish(id);
}

void Gathers::finish(std::uint64_t id) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const auto done = std::move(found->second.done);
  // The timer may be the one that calls this.
  loop_.defer([kept = std::shared_ptr<net::Timer>(std::move(found->second.deadline))] {});
  waiting_.erase(found);
  done();
}

}  // namespace portcullis::app
