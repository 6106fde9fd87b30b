#include "proxy/app/foresight.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "proxy/app/load.h"

namespace portcullis::app {
namespace {

using Ids = std::vector<std::uint64_t>;

std::string errors_of(const policy::Diagnostics& findings) {
  std::string text;
  for (const auto& finding : findings)
    if (finding.severity == policy::Diagnostic::Severity::kError) text += finding.text() + "\n";
  return text;
}

// On the loop of the streams. Takes the ids from the end.
std::vector<relay::LostStream> judge(const relay::StreamSet& streams, const relay::Snapshot& by,
                                     Ids& ids) {
  std::vector<relay::LostStream> lost;
  for (std::size_t i = 0; i < Foresight::kJudgedPerTurn && !ids.empty(); ++i) {
    streams.look_at(ids.back(), [&](const relay::Bridge& bridge) {
      if (auto found = bridge.operators().foresee(by)) lost.push_back(std::move(*found));
    });
    ids.pop_back();
  }
  return lost;
}

}  // namespace

void Foreseen::add(relay::LostStream stream) {
  const auto found = lost.find(stream);
  if (found != lost.end())
    ++found->second;
  else if (lost.size() < kMostRows)
    lost.emplace(std::move(stream), 1);
  else
    ++further;
}

struct Foresight::Round {
  relay::SnapshotPtr by;
  ControlReply reply;
  std::size_t missing = 0;  // loops
  Foreseen found;
};

Foresight::Foresight(net::Loop& loop, const Workers& workers, std::chrono::milliseconds patience)
    : loop_(loop), workers_(workers), patience_(patience) {}

void Foresight::ask(const relay::SnapshotPtr& running, ControlReply reply) {
  if (round_) return reply(control_failed("this question is being answered already; try again\n"));
  const auto loaded = load_enforced(*running);
  if (!loaded.snapshot)
    return reply(
        control_failed(errors_of(loaded.diagnostics) +
                       "so the streams cannot be judged; \"portcullis check\" says more\n"));
  round_ = std::make_shared<Round>(Round{loaded.snapshot, std::move(reply), workers_.size(), {}});
  std::error_code error;
  round_->found.file = std::filesystem::absolute(running->config().file, error).string();
  round_->found.observes = running->config().mode == policy::Mode::kObserve;
  deadline_ = std::make_unique<net::Timer>(loop_, [this] { finish(false); });
  deadline_->start(patience_);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    workers_[i]->with_streams(
        [this, alive = std::weak_ptr(alive_), round = round_, i](const relay::StreamSet& streams) {
          loop_.post([this, alive, round, i, ids = streams.ids()]() mutable {
            if (alive.expired() || round != round_) return;
            round->found.judged += ids.size();
            judge_some(round, i, std::move(ids));
          });
        });
}

void Foresight::judge_some(const std::shared_ptr<Round>& round, std::size_t worker, Ids ids) {
  if (ids.empty()) {
    if (--round->missing == 0) finish(true);
    return;
  }
  workers_[worker]->with_streams([this, alive = std::weak_ptr(alive_), round, worker,
                                  ids = std::move(ids)](const relay::StreamSet& streams) mutable {
    auto lost = judge(streams, *round->by, ids);
    loop_.post(
        [this, alive, round, worker, ids = std::move(ids), lost = std::move(lost)]() mutable {
          if (alive.expired() || round != round_) return;
          for (auto& one : lost) round->found.add(std::move(one));
          judge_some(round, worker, std::move(ids));
        });
  });
}

void Foresight::finish(bool complete) {
  const auto round = std::exchange(round_, nullptr);
  deadline_->stop();
  round->found.complete = complete;
  round->reply(control_ok(json_of(round->found) + "\n"));
}

}  // namespace portcullis::app
