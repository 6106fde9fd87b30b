#include "proxy/relay/stanza_pace.h"

#include <utility>

namespace portcullis::relay {

void StanzaPace::begin(std::size_t came, std::chrono::milliseconds now) {
  came_ = came;
  since_ = now;
  if (paused_) paused_ = now;
}

void StanzaPace::read(std::size_t came, std::size_t held, std::chrono::milliseconds now) {
  // If not all that came is held, something was finished, and what is held now is new.
  const std::size_t before = std::exchange(held_, held);
  if (held == 0) return;
  if (before == 0 || held < before + came)
    begin(held, now);
  else
    came_ += came;
}

void StanzaPace::pause(std::chrono::milliseconds now) {
  if (!paused_) paused_ = now;
}

void StanzaPace::resume(std::chrono::milliseconds now) {
  if (!paused_) return;
  since_ += now - *paused_;
  paused_.reset();
}

bool StanzaPace::too_slow(std::chrono::milliseconds now) {
  if (held_ == 0) return false;
  const auto took = paused_.value_or(now) - since_;
  if (took < kWindow) return false;
  const double owed = static_cast<double>(rate_) * std::chrono::duration<double>(took).count();
  if (static_cast<double>(came_) < owed) return true;
  begin(0, now);
  return false;
}

}  // namespace portcullis::relay
