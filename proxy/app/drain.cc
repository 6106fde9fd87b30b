#include "proxy/app/drain.h"

#include <algorithm>
#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::milliseconds kTellAgain{30'000};

}  // namespace

Drain::Drain(net::Loop& loop, const Workers& workers, Books books, std::function<void()> on_done)
    : loop_(loop),
      workers_(workers),
      books_(books),
      on_done_(std::move(on_done)),
      step_(loop, [this] { next(); }),
      looks_(loop, [this] { look(); }) {}

void Drain::ask(const policy::Limits& limits, std::optional<std::chrono::milliseconds> notice) {
  streams_time_ = limits.drain;
  if (phase_ == Phase::kHandedOver) return enter(Phase::kStreams);  // nobody looks at us any more
  if (begun()) return end_now();
  books_.metrics.draining();
  looks_.start(kLook);
  give_notice(notice.value_or(limits.drain_notice));
}

bool Drain::renew_notice(std::chrono::milliseconds notice) {
  if (phase_ != Phase::kNotice) return false;
  give_notice(notice);
  return true;
}

void Drain::give_notice(std::chrono::milliseconds notice) {
  books_.manager.stopping(notice + streams_time_ + kEnding);
  if (notice.count() == 0) return enter(Phase::kStreams);
  enter(Phase::kNotice);
  start_step(notice);
}

void Drain::hand_over(std::chrono::milliseconds at_most) {
  if (begun()) return;
  handed_over_ = true;
  for (const auto& worker : workers_) worker->retire(relay::Worker::Closing::kAll);
  looks_.start(kLook);
  enter(Phase::kHandedOver);
  start_step(at_most);
}

void Drain::start_step(std::chrono::milliseconds at_most) {
  step_ends_ = loop_.now() + at_most;
  step_.start(at_most);
}

std::chrono::milliseconds Drain::left() const {
  return std::max(std::chrono::milliseconds(0), step_ends_ - loop_.now());
}

void Drain::end_now() {
  if (!begun()) {
    books_.metrics.draining();
    books_.manager.stopping(kEnding);
    looks_.start(kLook);
  }
  if (phase_ != Phase::kLastWords) enter(Phase::kLastWords);
  for (const auto& worker : workers_) worker->finish(kHurriedEnding);
}

void Drain::next() {
  switch (phase_.load()) {
    case Phase::kNotice:
      return enter(Phase::kStreams);
    case Phase::kStreams:
    case Phase::kHandedOver:
      return enter(Phase::kClients);
    case Phase::kClients:
    case Phase::kServing:
    case Phase::kLastWords:
      return enter(Phase::kLastWords);
  }
}

void Drain::enter(Phase phase) {
  phase_ = phase;
  tell();
  told_ = loop_.now();
  step_.stop();
  if (phase == Phase::kStreams) {
    for (const auto& worker : workers_) worker->retire(relay::Worker::Closing::kOfStrangers);
    start_step(streams_time_);
  } else if (phase == Phase::kClients) {
    for (const auto& worker : workers_)
      worker->with_streams([](relay::StreamSet& streams) {
        streams.for_each(StreamKind::kC2s, [](relay::Bridge& bridge) { bridge.shut_down(); });
      });
    start_step(kClientsEnding);
  } else if (phase == Phase::kLastWords) {
    for (const auto& worker : workers_) worker->finish(kEnding - kClientsEnding);
  }
}

void Drain::tell() const {
  books_.log.write(telemetry::Severity::kNotice, log_event::kDraining,
                   {{log_field::kPhase, name(phase_.load())},
                    {log_field::kStreams, static_cast<std::int64_t>(streams())}});
  books_.manager.status(status());
}

void Drain::look() {
  if (std::all_of(workers_.begin(), workers_.end(),
                  [](const auto& worker) { return worker->finished(); }))
    return on_done_();
  if (phase_ == Phase::kClients && !has_clients()) next();
  if (loop_.now() - told_ >= kTellAgain) {
    tell();
    told_ = loop_.now();
  }
  looks_.start(kLook);
}

std::string Drain::status() const {
  if (phase_ == Phase::kHandedOver)
    return "Another process has taken over; " + std::to_string(streams()) +
           " streams are left and go on for at most " +
           std::to_string(std::chrono::ceil<std::chrono::seconds>(left()).count()) + " seconds";
  return "Shutting down, " + std::string(name(phase_.load())) + ": " + std::to_string(streams()) +
         " streams are left";
}

bool Drain::has_clients() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->streams().clients > 0; });
}

std::size_t Drain::streams() const {
  std::size_t sum = 0;
  for (const auto& worker : workers_) sum += worker->streams().all;
  return sum;
}

}  // namespace portcullis::app
