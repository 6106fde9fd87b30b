#include "proxy/relay/stranger_input.h"

#include <utility>

namespace portcullis::relay {

StrangerInput::StrangerInput(BufferedSocket& socket, StrangerTurns* turns,
                             std::function<void(std::string_view)> take)
    : socket_(socket), turns_(turns), take_(std::move(take)) {}

StrangerInput::~StrangerInput() {
  if (queued_) turns_->leave(*this);
}

void StrangerInput::came(std::string_view bytes, bool first) {
  if (!queued_ && (turns_ == nullptr || first)) return take_(bytes);
  waiting_.append(bytes);
  if (queued_) return;
  queued_ = true;  // first: should that throw, it may have a part of us already
  socket_.pause_reading();
  turns_->wait(*this);
}

void StrangerInput::take_turn() {
  queued_ = false;
  socket_.enter([this] {
    const std::string bytes = std::exchange(waiting_, {});
    if (socket_.closing()) return;
    take_(bytes);
    if (!paused_) socket_.resume_reading();
  });
}

void StrangerInput::pause() {
  paused_ = true;
  socket_.pause_reading();
}

void StrangerInput::resume() {
  paused_ = false;
  if (!queued_) socket_.resume_reading();
}

}  // namespace portcullis::relay
