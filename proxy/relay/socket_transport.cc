#include "proxy/relay/socket_transport.h"

#include <algorithm>
#include <utility>

#include "proxy/net/proxy_protocol.h"

namespace portcullis::relay {
namespace {

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 section 5.1: a ClientHello or ServerHello
constexpr char kAlertRecord = 0x15;

}  // namespace

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                                 const net::SocketAddress& to)
    : handler_(handler),
      scratch_(scratch),
      socket_(loop, static_cast<BufferedSocket::Handler&>(*this), to),
      input_(socket_, nullptr, [this](std::string_view bytes) { take(bytes); }),
      peer_(to) {}

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                                 const net::Listener::Accept& accept, bool proxy_header,
                                 StrangerTurns* strangers)
    : handler_(handler),
      scratch_(scratch),
      socket_(loop, static_cast<BufferedSocket::Handler&>(*this), accept),
      input_(socket_, strangers, [this](std::string_view bytes) { take(bytes); }),
      peer_(socket_.peer()),
      awaiting_proxy_header_(proxy_header) {}

void SocketTransport::begin_tls(std::unique_ptr<tls::Engine> engine) {
  engine_ = std::move(engine);
  awaiting_tls_octets_ = heard_plaintext_;  // with direct TLS nothing comes in the clear
  engine_->start(socket_.out());
}

void SocketTransport::send(std::string_view bytes) {
  if (closing()) return;
  if (engine_)
    engine_->send(bytes, socket_.out());
  else
    socket_.out().append(bytes);
}

void SocketTransport::close() {
  if (engine_ && !closing()) engine_->close(socket_.out());
  socket_.close();
}

tls::Facts SocketTransport::tls_facts() const {
  return engine_ ? engine_->facts() : tls::Facts();
}

certs::PresentedChain SocketTransport::peer_chain() const {
  return engine_ ? engine_->peer_chain() : certs::PresentedChain();
}

void SocketTransport::on_connected() {
  if (!awaiting_proxy_header_) handler_.on_open();
}

void SocketTransport::on_bytes(std::string_view bytes) {
  input_.came(bytes, handler_.relaying());
}

// Scanners write a line break after <starttls/>. Anything else in the clear is an attack
// (CVE-2011-0411) and must never reach a parser.
void SocketTransport::take(std::string_view bytes) {
  if (awaiting_proxy_header_) {
    take_proxy_header(bytes);
  } else if (!engine_) {
    heard_plaintext_ = true;
    handler_.on_plain(bytes);
  } else {
    if (awaiting_tls_octets_) {
      bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
      if (bytes.empty()) return;
      if (bytes.front() != kHandshakeRecord && bytes.front() != kAlertRecord)
        return handler_.on_plaintext_behind_tls();
      awaiting_tls_octets_ = false;
    }
    decrypt(bytes);
  }
}

void SocketTransport::on_lost(std::string detail) {
  if (!closing()) handler_.on_lost(std::move(detail));
}

void SocketTransport::take_proxy_header(std::string_view bytes) {
  proxy_header_.append(bytes);  // bounded: the parser decides after at most 528 octets
  const auto result = net::parse_proxy_header(proxy_header_);
  if (std::holds_alternative<net::ProxyHeaderIncomplete>(result)) return;
  if (const auto* invalid = std::get_if<net::ProxyHeaderInvalid>(&result)) {
    on_lost("the PROXY header is invalid: " + std::string(invalid->why));
    return;
  }
  const auto& header = std::get<net::ProxyHeader>(result);
  if (header.source) peer_ = *header.source;
  awaiting_proxy_header_ = false;
  const std::string held = std::move(proxy_header_);
  proxy_header_ = std::string();
  handler_.on_open();
  if (!closing() && held.size() > header.size) take(std::string_view(held).substr(header.size));
}

void SocketTransport::decrypt(std::string_view ciphertext) {
  const auto before = engine_->state();
  scratch_.clear();
  const auto after = engine_->receive(ciphertext, scratch_, socket_.out());
  if (after == tls::Engine::State::kFailed) {
    if (before == tls::Engine::State::kHandshaking)
      handler_.on_tls_failed(engine_->failure());
    else
      on_lost(engine_->failure().text);
    return;
  }
  // scratch_ is shared by the whole loop. That is safe here: what is delivered may cause other
  // sends, but never another decrypt().
  if (before == tls::Engine::State::kHandshaking && after != tls::Engine::State::kHandshaking)
    handler_.on_secured();
  if (!closing() && !scratch_.empty()) handler_.on_plain(scratch_);
  if (after == tls::Engine::State::kPeerClosed) on_lost("it closed the TLS session");
}

}  // namespace portcullis::relay
