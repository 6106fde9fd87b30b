#include "proxy/relay/socket_transport.h"

#include <algorithm>
#include <utility>

#include "proxy/net/proxy_protocol.h"

namespace portcullis::relay {
namespace {

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 section 5.1: a ClientHello or ServerHello
constexpr char kAlertRecord = 0x15;

// How often octets may come from a stranger. Each time costs us about 10 microseconds, however few
// they are. A login needs 10 to 20 pieces; a list of certificates of 16 KiB over the smallest path
// of IPv4 comes in 31.
constexpr std::size_t kMaxPieces = 300;
constexpr std::size_t kMaxSpaceBeforeTls = 1024;

bool begins_record(std::string_view bytes) {
  return bytes.front() == kHandshakeRecord || bytes.front() == kAlertRecord;
}

telemetry::Limit limit_of(tls::TlsLimit limit) {
  using telemetry::Limit;
  switch (limit) {
    case tls::TlsLimit::kHello:
      return Limit::kTlsHello;
    case tls::TlsLimit::kHandshake:
      return Limit::kTlsHandshake;
    case tls::TlsLimit::kRecords:
      return Limit::kTlsRecords;
    case tls::TlsLimit::kMessage:
      return Limit::kTlsMessage;
    case tls::TlsLimit::kCertificates:
      return Limit::kTlsCertificates;
    case tls::TlsLimit::kCurve:
      return Limit::kTlsCurve;
    case tls::TlsLimit::kKey:
      return Limit::kTlsKey;
    case tls::TlsLimit::kLateMessages:
      return Limit::kTlsLateMessages;
    case tls::TlsLimit::kRenegotiation:
      return Limit::kTlsRenegotiation;
  }
  return Limit::kTlsMessage;
}

policy::Refusal too_long(std::string_view detail) {
  return policy::refuse(policy::Reason::kNegotiationTooLong, {{"detail", detail}});
}

}  // namespace

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                                 const net::Listener::Accept& give, const net::SocketAddress& to)
    : handler_(handler),
      scratch_(scratch),
      socket_(loop, static_cast<BufferedSocket::Handler&>(*this), give),
      input_(
          socket_, nullptr, [this](std::string_view bytes) { take(bytes); },
          [this](std::string detail) { handler_.on_lost(std::move(detail)); }),
      peer_(to) {}

SocketTransport::SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                                 const net::Listener::Accept& accept,
                                 const net::SocketAddress& from, bool proxy_header,
                                 StrangerTurns* strangers)
    : handler_(handler),
      scratch_(scratch),
      socket_(loop, static_cast<BufferedSocket::Handler&>(*this), accept),
      input_(
          socket_, strangers, [this](std::string_view bytes) { take(bytes); },
          [this](std::string detail) { handler_.on_lost(std::move(detail)); }),
      peer_(from),
      awaiting_proxy_header_(proxy_header) {}

void SocketTransport::begin_tls(std::unique_ptr<tls::Engine> engine) {
  engine_ = std::move(engine);
  awaiting_tls_octets_ = heard_plaintext_;  // with direct TLS nothing comes in the clear
  engine_->start(socket_.sender().out());
  socket_.write_soon();
}

void SocketTransport::send(std::string_view bytes) {
  if (closing()) return;
  if (engine_)
    engine_->send(bytes, socket_.sender().out());
  else
    socket_.sender().send(bytes);
  socket_.write_soon();
}

void SocketTransport::close() {
  if (engine_ && !closing()) engine_->close(socket_.sender().out());
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
  set_heard(true);
  const bool known = handler_.relaying();
  if (closing() && !known) return;
  if (!known && !trusted() && ++pieces_ > kMaxPieces)
    return handler_.on_limit(telemetry::Limit::kLoginPieces,
                             too_long("it came in more than 300 pieces"));
  input_.came(bytes, known);
}

// Scanners write a line break after <starttls/>. Anything else in the clear is an attack
// (CVE-2011-0411) and must never reach a parser.
void SocketTransport::take(std::string_view bytes) {
  if (closing() && !handler_.relaying()) return;
  if (awaiting_proxy_header_) return take_proxy_header(bytes);
  if (!engine_ && !heard_plaintext_ && bytes.front() == kHandshakeRecord) {
    handler_.on_out_of_order(Transport::Handler::OutOfOrder::kTlsFirst);
    if (closing()) return;
  }
  if (!engine_) {
    heard_plaintext_ = true;
    handler_.on_plain(bytes);
  } else {
    if (awaiting_tls_octets_) {
      const auto space = std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size());
      bytes.remove_prefix(space);
      space_before_tls_ += space;
      if (!(bytes.empty() ? space_before_tls_ <= kMaxSpaceBeforeTls : begins_record(bytes)))
        return handler_.on_out_of_order(Transport::Handler::OutOfOrder::kPlaintextBehindTls);
      awaiting_tls_octets_ = bytes.empty();
    }
    if (!bytes.empty()) decrypt(bytes);
  }
}

void SocketTransport::on_lost(std::string detail) {
  input_.lost(std::move(detail));
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
  set_proxy_tlvs(header.tlvs);
  awaiting_proxy_header_ = false;
  const std::string held = std::move(proxy_header_);
  proxy_header_ = std::string();
  set_heard(held.size() > header.size);
  handler_.on_open();
  if (!closing() && held.size() > header.size) take(std::string_view(held).substr(header.size));
}

void SocketTransport::decrypt(std::string_view ciphertext) {
  const auto before = engine_->state();
  scratch_.clear();
  // Also one that is only observed: what that may cost is in docs/threat-model.md.
  if (handler_.relaying()) engine_->trust_peer();
  std::string unsaid;  // nothing may follow our last word
  auto& answer = closing() ? unsaid : socket_.sender().out();
  const auto after = engine_->receive(ciphertext, scratch_, answer);
  if (!closing() && !answer.empty()) socket_.write_soon();
  const bool refused = after == tls::Engine::State::kRefused;
  if (const auto limit = engine_->limit())
    handler_.on_limit(
        limit_of(*limit),
        refused ? std::optional(too_long("it came in more than 300 TLS records")) : std::nullopt);
  if (refused) return;
  if (after == tls::Engine::State::kFailed) {
    if (closing()) return;
    if (before == tls::Engine::State::kHandshaking)
      return handler_.on_tls_failed(engine_->failure());
    socket_.sender().fail();
    return on_lost(engine_->failure().text);
  }
  // scratch_ is shared by the whole loop. That is safe here: what is delivered may cause other
  // sends, but never another decrypt().
  if (before == tls::Engine::State::kHandshaking && after != tls::Engine::State::kHandshaking)
    handler_.on_secured();
  if (!scratch_.empty() && (!closing() || handler_.relaying())) handler_.on_plain(scratch_);
  if (after == tls::Engine::State::kPeerClosed) on_lost("it closed the TLS session");
}

}  // namespace portcullis::relay
