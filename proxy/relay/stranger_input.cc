#include "proxy/relay/stranger_input.h"

#include <utility>

namespace portcullis::relay {
namespace {

// Most pieces are that small, and have their turn before the loop waits again: to stop reading and
// to begin again would be two or three system calls for each. Where the loop reads the same
// connection twice in a turn, this much may wait beside the next piece.
constexpr std::size_t kSmallPiece = std::size_t{2} * 1024;

}  // namespace

StrangerInput::StrangerInput(BufferedSocket& socket, StrangerTurns* turns, Take take, Lose lose)
    : socket_(socket), turns_(turns), take_(std::move(take)), lose_(std::move(lose)) {}

StrangerInput::~StrangerInput() {
  if (queued_) turns_->leave(*this);
}

void StrangerInput::came(std::string_view bytes, bool first) {
  if (!queued_ && (turns_ == nullptr || first)) return take_(bytes);
  waiting_.append(bytes);
  if (queued_ || bytes.size() > kSmallPiece) socket_.pause_reading();
  if (queued_) return;
  queued_ = true;  // first: should that throw, it may have a part of us already
  socket_.pause_reading_later();
  turns_->wait(*this);
}

void StrangerInput::lost(std::string detail) {
  if (queued_)
    lost_ = std::move(detail);
  else if (!socket_.closing())
    lose_(std::move(detail));
}

void StrangerInput::take_turn() {
  queued_ = false;
  socket_.enter([this] {
    const std::string bytes = std::exchange(waiting_, {});
    if (socket_.gone()) return;
    take_(bytes);
    if (auto detail = std::exchange(lost_, {})) lost(std::move(*detail));
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
