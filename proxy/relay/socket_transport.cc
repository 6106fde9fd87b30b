#include "proxy/relay/socket_transport.h"

#include <chrono>

#include "proxy/net/error_text.h"
#include "proxy/net/proxy_protocol.h"

namespace portcullis::relay {
namespace {

// How long a peer may take to read our last words and close its side.
constexpr std::chrono::milliseconds kLinger{2'000};

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 section 5.1: a ClientHello or ServerHello
constexpr char kAlertRecord = 0x15;

}  // namespace

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch)
    : loop_(loop),
      handler_(handler),
      scratch_(scratch),
      open_(loop, [this] { open(); }),
      flush_(loop, [this] { flush(); }) {}

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                                 const net::SocketAddress& to)
    : SocketTransport(loop, handler, scratch) {
  peer_ = to;
  socket_ = std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this));
  socket_->connect(to);
}

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                                 const net::Listener::Accept& accept, bool proxy_header)
    : SocketTransport(loop, handler, scratch) {
  awaiting_proxy_header_ = proxy_header;
  socket_ = accept(static_cast<net::TcpSocket::Handler&>(*this));
  refused_ = socket_ == nullptr;
  if (refused_)  // a socket that never connects, so that there is always one
    socket_ = std::make_unique<net::TcpSocket>(loop, static_cast<net::TcpSocket::Handler&>(*this));
  peer_ = socket_->peer();
  socket_->read_start();
  if (refused_ || !proxy_header) open_.schedule();
}

void SocketTransport::open() {
  if (refused_)
    lost("the event loop did not take the connection");
  else if (!closing_)
    handler_.on_open();
}

void SocketTransport::begin_tls(std::unique_ptr<tls::Engine> engine) {
  engine_ = std::move(engine);
  awaiting_tls_octets_ = heard_plaintext_;  // with direct TLS there is nothing to inject behind
  engine_->start(out_);
  flush_.schedule();
}

void SocketTransport::send(std::string_view bytes) {
  if (closing_) return;
  if (engine_)
    engine_->send(bytes, out_);
  else
    out_.append(bytes);
  flush_.schedule();
}

void SocketTransport::flush() {
  write_out();
  if (!closing_) handler_.on_written();
}

void SocketTransport::write_out() {
  if (out_.empty() || gone_) return;
  std::string bytes;
  bytes.swap(out_);
  socket_->write(std::move(bytes));
}

void SocketTransport::pause_reading() {
  if (paused_ || closing_) return;
  paused_ = true;
  socket_->read_stop();
}

void SocketTransport::resume_reading() {
  if (!paused_ || closing_) return;
  paused_ = false;
  socket_->read_start();
}

void SocketTransport::close() {
  if (closing_) return;
  closing_ = true;
  if (engine_) engine_->close(out_);
  write_out();
  socket_->shutdown();
  finish_if_done();
  if (gone_) return;
  if (paused_) socket_->read_start();  // or the peer's FIN would never be seen
  linger_ = std::make_unique<net::Timer>(loop_, [this] {
    socket_->reset();
    finish();
  });
  linger_->start(kLinger);
}

void SocketTransport::abort() {
  if (gone_) return;
  closing_ = true;
  socket_->reset();
  finish();
}

// What is queued still has to reach a peer that only closed its own half.
void SocketTransport::finish_if_done() {
  if (peer_done_ && (failed_ || queued() == 0)) finish();
}

// The owner defers the destruction of this object.
void SocketTransport::finish() {
  if (gone_) return;
  gone_ = true;
  if (linger_) linger_->stop();
  handler_.on_gone();
}

std::size_t SocketTransport::queued() const {
  return out_.size() + socket_->queued_bytes();
}

net::SocketAddress SocketTransport::local() const {
  return socket_->local();
}

tls::Facts SocketTransport::tls_facts() const {
  return engine_ ? engine_->facts() : tls::Facts();
}

certs::PresentedChain SocketTransport::peer_chain() const {
  return engine_ ? engine_->peer_chain() : certs::PresentedChain();
}

void SocketTransport::on_connected() {
  if (closing_) return;
  socket_->read_start();
  handler_.on_open();
}

void SocketTransport::on_bytes(std::string_view bytes) {
  if (closing_) return;  // lingering: only the FIN is waited for
  if (awaiting_proxy_header_)
    take_proxy_header(bytes);
  else
    deliver(bytes);
}

void SocketTransport::take_proxy_header(std::string_view bytes) {
  proxy_header_.append(bytes);  // the parser bounds it: it decides within 528 octets
  const auto result = net::parse_proxy_header(proxy_header_);
  if (std::holds_alternative<net::ProxyHeaderIncomplete>(result)) return;
  if (const auto* invalid = std::get_if<net::ProxyHeaderInvalid>(&result)) {
    lost("the PROXY header is invalid: " + std::string(invalid->why));
    return;
  }
  const auto& header = std::get<net::ProxyHeader>(result);
  if (header.source) peer_ = *header.source;
  awaiting_proxy_header_ = false;
  const std::string held = std::move(proxy_header_);
  proxy_header_ = std::string();
  handler_.on_open();
  if (held.size() > header.size) deliver(std::string_view(held).substr(header.size));
}

void SocketTransport::deliver(std::string_view bytes) {
  if (!engine_) {
    heard_plaintext_ = true;
    handler_.on_plain(bytes);
  } else if (awaiting_tls_octets_) {
    deliver_first_tls_octets(bytes);
  } else {
    decrypt(bytes);
  }
}

// Scanners write a line break behind <starttls/>; anything else in the clear is an attack
// (CVE-2011-0411) and must never be seen by a parser.
void SocketTransport::deliver_first_tls_octets(std::string_view bytes) {
  const auto first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return;
  bytes.remove_prefix(first);
  if (bytes.front() != kHandshakeRecord && bytes.front() != kAlertRecord) {
    handler_.on_plaintext_behind_tls();
    return;
  }
  awaiting_tls_octets_ = false;
  decrypt(bytes);
}

void SocketTransport::decrypt(std::string_view ciphertext) {
  const auto before = engine_->state();
  scratch_.clear();
  const auto after = engine_->receive(ciphertext, scratch_, out_);
  if (!out_.empty()) flush_.schedule();
  if (after == tls::Engine::State::kFailed) {
    if (before == tls::Engine::State::kHandshaking)
      handler_.on_tls_failed(engine_->failure());
    else
      lost(engine_->failure().text);
    return;
  }
  // The buffer is the loop's: what is delivered may cause other sends, but no other decrypt.
  if (before == tls::Engine::State::kHandshaking && after != tls::Engine::State::kHandshaking)
    handler_.on_secured();
  if (!closing_ && !scratch_.empty()) handler_.on_plain(scratch_);
  if (!closing_ && after == tls::Engine::State::kPeerClosed) lost("it closed the TLS session");
}

void SocketTransport::on_end() {
  peer_done_ = true;
  if (closing_) return finish_if_done();
  lost("it closed the connection");
}

void SocketTransport::on_error(int uv_error) {
  peer_done_ = true;
  failed_ = true;
  if (closing_) return finish_if_done();
  lost(net::error_text(uv_error));
}

void SocketTransport::on_drained() {
  if (closing_) return finish_if_done();
  handler_.on_written();
}

void SocketTransport::lost(std::string detail) {
  if (!closing_) handler_.on_lost(std::move(detail));
}

}  // namespace portcullis::relay
