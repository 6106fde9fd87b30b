#include "proxy/relay/buffered_socket.h"

#include <chrono>

#include "proxy/net/error_text.h"

namespace portcullis::relay {
namespace {

// How long a peer may take to read our last words and close its side.
constexpr std::chrono::milliseconds kLinger{2'000};

}  // namespace

BufferedSocket::BufferedSocket(net::Loop& loop, Handler& handler)
    : loop_(loop),
      handler_(handler),
      accepted_(loop, [this] { on_accepted(); }),
      flush_(loop, [this] { flush(); }) {}

BufferedSocket::BufferedSocket(net::Loop& loop, Handler& handler, const net::SocketAddress& to)
    : BufferedSocket(loop, handler) {
  socket_ = std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this));
  socket_->connect(to);
}

BufferedSocket::BufferedSocket(net::Loop& loop, Handler& handler,
                               const net::Listener::Accept& accept)
    : BufferedSocket(loop, handler) {
  socket_ = accept(static_cast<net::TcpSocket::Handler&>(*this));
  refused_ = socket_ == nullptr;
  if (refused_)  // a socket that never connects, so that socket_ is never null
    socket_ = std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this));
  socket_->read_start();
  accepted_.schedule();
}

void BufferedSocket::on_accepted() {
  if (closing_) return;
  if (refused_) return handler_.on_lost("the event loop did not take the connection");
  handler_.on_connected();
}

std::string& BufferedSocket::out() {
  flush_.schedule();
  return out_;
}

void BufferedSocket::flush() {
  if (out_.empty()) return;
  write_out();
  if (!closing_) handler_.on_written();
}

void BufferedSocket::write_out() {
  if (out_.empty() || gone_) return;
  std::string bytes;
  bytes.swap(out_);
  socket_->write(std::move(bytes));
}

void BufferedSocket::pause_reading() {
  if (paused_ || closing_) return;
  paused_ = true;
  socket_->read_stop();
}

void BufferedSocket::resume_reading() {
  if (!paused_ || closing_) return;
  paused_ = false;
  socket_->read_start();
}

void BufferedSocket::close() {
  if (closing_) return;
  closing_ = true;
  write_out();
  socket_->shutdown();
  finish_if_done();
  if (gone_) return;
  if (paused_) socket_->read_start();  // otherwise the peer's FIN would never be seen
  linger_ = std::make_unique<net::Timer>(loop_, [this] {
    socket_->reset();
    finish();
  });
  linger_->start(kLinger);
}

void BufferedSocket::abort() {
  if (gone_) return;
  closing_ = true;
  socket_->reset();
  finish();
}

// If the peer has closed only its own half, it must still get what is queued.
void BufferedSocket::finish_if_done() {
  if (peer_done_ && (failed_ || queued() == 0)) finish();
}

// The owner does not destroy this object inside on_gone(), but in a deferred task.
void BufferedSocket::finish() {
  if (gone_) return;
  gone_ = true;
  if (linger_) linger_->stop();
  handler_.on_gone();
}

void BufferedSocket::on_connected() {
  if (closing_) return;
  socket_->read_start();
  handler_.on_connected();
}

void BufferedSocket::on_bytes(std::string_view bytes) {
  if (!closing_) handler_.on_bytes(bytes);  // after close() only the FIN is waited for
}

void BufferedSocket::on_end() {
  peer_done_ = true;
  if (closing_) return finish_if_done();
  handler_.on_lost("it closed the connection");
}

void BufferedSocket::on_error(int uv_error) {
  peer_done_ = true;
  failed_ = true;
  if (closing_) return finish_if_done();
  handler_.on_lost(net::error_text(uv_error));
}

void BufferedSocket::on_drained() {
  if (closing_) return finish_if_done();
  handler_.on_written();
}

}  // namespace portcullis::relay
