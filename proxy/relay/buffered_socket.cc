#include "proxy/relay/buffered_socket.h"

#include <algorithm>
#include <utility>

#include "proxy/net/error_text.h"

namespace portcullis::relay {

BufferedSocket::BufferedSocket(net::Loop& loop, Handler& handler, const net::Listener::Accept& give)
    : loop_(loop),
      owner_(loop.owner()),
      handler_(handler),
      taken_(loop, [this] { on_taken(); }),
      flush_(loop, [this] { flush(); }) {
  socket_ = give(static_cast<net::TcpSocket::Handler&>(*this));
  refused_ = socket_ == nullptr;
  if (refused_)  // a socket that never connects, so that socket_ is never null
    socket_ = std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this));
  sender_.emplace(*socket_);
  socket_->read_start();
  taken_.schedule();
}

void BufferedSocket::on_taken() {
  if (closing_) return;
  if (refused_) return handler_.on_lost("the event loop did not take the connection");
  handler_.on_connected();
}

void BufferedSocket::flush() {
  if (std::exchange(pauses_later_, false)) pause_reading();
  if (gone_ || !sender_->flush()) return;
  if (!gone_) handler_.on_written();
}

void BufferedSocket::pause_reading() {
  if (paused_ || closing_) return;
  paused_ = true;
  socket_->read_stop();
}

void BufferedSocket::pause_reading_later() {
  pauses_later_ = true;
  flush_.schedule();
}

void BufferedSocket::resume_reading() {
  pauses_later_ = false;
  if (!paused_ || closing_) return;
  paused_ = false;
  socket_->read_start();
}

void BufferedSocket::close() {
  if (closing_) return;
  closing_ = true;
  sender_->flush();
  socket_->shutdown();
  finish_if_done();
  if (gone_) return;
  if (paused_) socket_->read_start();  // otherwise the peer's FIN would never be seen
  linger_ = std::make_unique<Linger>(
      loop_, sender_->patience(),
      Linger::Owner{[this] { return sender_->delivery(); }, [this] { return peer_done_; },
                    [this] { end_linger(); }});
}

// What a kernel has acknowledged may still have to be read by its program, and a reset could throw
// it away. So we reset only what we can throw away ourselves.
void BufferedSocket::end_linger() {
  if (sender_->delivery().waiting() > 0 || !sender_->is_established()) socket_->reset();
  finish();
}

void BufferedSocket::abort() {
  if (gone_) return;
  closing_ = true;
  socket_->reset();
  finish();
}

// If the peer has closed only its own half, it must still get what is queued. On an established
// stream we stay until its kernel has it, because what has not arrived must be known.
void BufferedSocket::finish_if_done() {
  if (!peer_done_) return;
  const bool written = sender_->queued() == 0;
  if (sender_->failed() || (written && !sender_->is_established())) return finish();
  if (written && sender_->delivery().waiting() == 0) finish();
}

// The owner does not destroy this object inside on_gone(), but in a deferred task.
void BufferedSocket::finish() {
  if (gone_) return;
  gone_ = true;
  linger_.reset();
  handler_.on_gone();
}

void BufferedSocket::on_bytes(std::string_view bytes) {
  handler_.on_bytes(bytes);
}

void BufferedSocket::on_end() {
  peer_done_ = true;
  if (closing_) return finish_if_done();
  handler_.on_lost("it closed the connection");
}

void BufferedSocket::on_error(int uv_error) {
  peer_done_ = true;
  sender_->fail();
  if (closing_) return finish_if_done();
  handler_.on_lost(net::error_text(uv_error));
}

void BufferedSocket::on_drained() {
  handler_.on_written();
  if (closing_) finish_if_done();
}

}  // namespace portcullis::relay
