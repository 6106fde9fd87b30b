#include "tests/bench/attacker.h"

#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <exception>

namespace portcullis::bench {
namespace {

constexpr std::size_t kMostUnsent = 64 * std::size_t{1024};

}  // namespace

Attacker::Attacker(Poller& poller, const Plan& plan, Tally& tally, Fd fd)
    : poller_(poller), plan_(plan), tally_(tally), fd_(std::move(fd)) {
  poller_.add(fd_, *this);
  poller_.want_write(fd_, *this, true);
  ++tally_.attempted;
  tally_.most_open = std::max(tally_.most_open, ++tally_.open);
}

void Attacker::on_events(std::uint32_t events) {
  if (over()) return;
  try {
    if (!connected_) {
      connected_ = true;
      scripted() ? begin_step() : finish_script();
    }
    if ((events & EPOLLOUT) != 0) flush();
    if (over() || (events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    const auto [what, bytes] = receive_some(fd_);
    tally_.octets_in += bytes.size();
    if (what == Received::kEnd) return on_end();
    if (!ssl_) return take(bytes);
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    if (!established_) handshake();
    if (established_) read_tls();
    flush();
  } catch (const std::exception&) {
    ++tally_.ended;
    leave();
  }
}

void Attacker::begin_step() {
  const Step& step = plan_.script[step_];
  if (step.begin_tls) return begin_tls();
  send(step.send);
}

void Attacker::begin_tls() {
  ssl_.reset(SSL_new(plan_.context.get()));
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_tlsext_host_name(ssl_.get(), "bench.example");
  if (!plan_.alpn.empty()) {
    const std::string protocol = static_cast<char>(plan_.alpn.size()) + plan_.alpn;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocol.data()),
                        static_cast<unsigned>(protocol.size()));
  }
  SSL_set_connect_state(ssl_.get());
  in_.clear();
  handshake();
}

void Attacker::handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    send(plan_.script[step_].send);
    advance();
  } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    ++tally_.ended;
    leave();
  }
  ERR_clear_error();
  flush();
}

void Attacker::read_tls() {
  static std::array<char, 16384> buffer;
  while (!over()) {
    const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) {
      take({buffer.data(), static_cast<std::size_t>(got)});
      continue;
    }
    if (SSL_get_error(ssl_.get(), got) != SSL_ERROR_WANT_READ) {
      ++tally_.ended;
      leave();
    }
    ERR_clear_error();
    return;
  }
}

void Attacker::take(std::string_view bytes) {
  if (!scripted()) return;
  in_.append(bytes);
  advance();
}

// A step without an expected tag is over at once.
void Attacker::advance() {
  const std::string& wanted = plan_.script[step_].expected_tag;
  if (!wanted.empty()) {
    const std::size_t tag = in_.find(wanted);
    if (tag == std::string::npos || in_.find('>', tag) == std::string::npos) return;
    in_.erase(0, in_.find('>', tag) + 1);
  }
  ++step_;
  scripted() ? begin_step() : finish_script();
}

void Attacker::finish_script() {
  ++tally_.reached;
  in_ = {};
  send(plan_.greeting);
}

void Attacker::act() {
  if (over()) return;
  if (plan_.then == Plan::Then::kLeave) return leave();
  if (!connected_ || scripted() || out_.size() > kMostUnsent) return;
  try {
    for (std::size_t i = 0; i < plan_.burst && !over(); ++i) provoke();
  } catch (const std::exception&) {
    ++tally_.ended;
    leave();
  }
}

void Attacker::provoke() {
  switch (plan_.then) {
    case Plan::Then::kLeave:
      return leave();
    case Plan::Then::kDrip:
      return send(std::string_view(plan_.content).substr(dripped_++ % plan_.content.size(), 1));
    case Plan::Then::kKeyUpdate:
      if (SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) != 1) return leave();
      SSL_do_handshake(ssl_.get());
      return flush();
    case Plan::Then::kRenegotiate:
      SSL_renegotiate(ssl_.get());
      SSL_do_handshake(ssl_.get());
      ERR_clear_error();
      return flush();
  }
}

void Attacker::send(std::string_view bytes) {
  if (over() || bytes.empty()) return;
  if (!established_) {
    out_.append(bytes);
  } else if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) {
    ERR_clear_error();
    return leave();
  }
  flush();
}

void Attacker::flush() {
  if (over()) return;
  if (ssl_) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &data);
    if (size > 0) out_.append(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_.get()));
  }
  if (!out_.empty()) {
    const std::size_t sent = send_some(fd_, out_);
    tally_.octets_out += sent;
    out_.erase(0, sent);
  }
  if (out_.empty() == waiting_) {
    waiting_ = !waiting_;
    poller_.want_write(fd_, *this, waiting_);
  }
}

// Whoever was refused and does not go is the dearer one.
void Attacker::on_end() {
  ++tally_.ended;
  if (plan_.then != Plan::Then::kLeave) return leave();
  poller_.forget(fd_);
}

void Attacker::leave() {
  if (over()) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_ = Fd();
  ssl_.reset();
  --tally_.open;
}

}  // namespace portcullis::bench
