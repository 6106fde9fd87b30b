#include "proxy/telemetry/limit_hits.h"

#include <utility>

namespace portcullis::telemetry {

void LimitHits::hit(Limit limit, By by, std::chrono::milliseconds now) {
  metrics_.streams.limit_hit(limit);
  const std::scoped_lock lock(mutex_);
  State& state = states_[Label<Limit>::index(limit)];
  ++state.untold;
  state.last = std::move(by);
  if (!state.written || now - *state.written >= kBetweenLines) tell(limit, state, now);
}

void LimitHits::flush(std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i].untold > 0 && now - *states_[i].written >= kBetweenLines)
      tell(Label<Limit>::at(i), states_[i], now);
}

void LimitHits::tell(Limit limit, State& state, std::chrono::milliseconds now) {
  const By& by = state.last;
  log_.write(Severity::kWarning, log_event::kLimit,
             {{log_field::kLimit, name(limit)},
              {log_field::kKind, by.kind ? name(*by.kind) : std::string_view()},
              {log_field::kPeer, by.peer},
              {log_field::kFrom, by.domain},
              {log_field::kRepeated, state.untold}});
  state.written = now;
  state.untold = 0;
}

}  // namespace portcullis::telemetry
