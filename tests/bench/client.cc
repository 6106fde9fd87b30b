#include "tests/bench/client.h"

#include <openssl/err.h>
#include <sys/epoll.h>

#include <array>
#include <stdexcept>

namespace portcullis::bench {
namespace {

void must(int result, const std::string& what) {
  if (result == 1) return;
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  throw std::runtime_error(what + ": " + text.data());
}

// The far end must sign with the key that is measured, not with whatever it likes best.
void check_session(SSL* ssl, KeyType key, bool resumes) {
  if ((SSL_session_reused(ssl) == 1) != resumes)
    throw std::runtime_error(resumes ? "a session was not resumed" : "a session was resumed");
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  const int wanted = key == KeyType::kEcdsa ? EVP_PKEY_EC : EVP_PKEY_RSA;
  if (certificate == nullptr || EVP_PKEY_base_id(X509_get0_pubkey(certificate)) != wanted) {
    throw std::runtime_error("the far end showed a certificate of another key type");
  }
}

}  // namespace

std::shared_ptr<SSL_CTX> client_context(KeyType key, TlsVersion version) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::runtime_error("SSL_CTX_new failed");
  SSL_CTX* raw = context.get();
  const int number = version == TlsVersion::kTls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  must(static_cast<int>(SSL_CTX_set_min_proto_version(raw, number)), "TLS version");
  must(static_cast<int>(SSL_CTX_set_max_proto_version(raw, number)), "TLS version");
  must(SSL_CTX_set_cipher_list(raw, key == KeyType::kEcdsa ? "ECDHE-ECDSA-AES128-GCM-SHA256"
                                                           : "ECDHE-RSA-AES128-GCM-SHA256"),
       "cipher suite");
  must(SSL_CTX_set_ciphersuites(raw, "TLS_AES_128_GCM_SHA256"), "cipher suite");
  // In TLS 1.2 the curve of the far end's key must be among them; X25519 comes first for all.
  const char* groups = version == TlsVersion::kTls12 ? "X25519:P-256" : "X25519";
  must(static_cast<int>(SSL_CTX_set1_groups_list(raw, groups)), "group");
  // Of RSA's two, the second is for the signature in the certificate.
  const char* algorithms = key == KeyType::kEcdsa ? "ECDSA+SHA256" : "RSA-PSS+SHA256:RSA+SHA256";
  must(static_cast<int>(SSL_CTX_set1_sigalgs_list(raw, algorithms)), "signature algorithms");
  // Sessions go to whoever wants them, and to no cache of the library.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, &Client::on_new_session);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  return context;
}

Client::Client(Poller& poller, const Target& target, const Caller& caller, Owner& owner,
               SessionPtr session)
    : poller_(poller),
      owner_(owner),
      caller_(caller),
      target_(target),
      fd_(connect_between(caller.from, target.address, target.port)),
      session_(std::move(session)),
      ssl_(nullptr, SSL_free) {
  poller_.add(fd_, *this);
  poller_.want_write(fd_, *this, true);
  waiting_ = true;
}

void Client::on_events(std::uint32_t events) {
  if (closed_) return;
  try {
    work(events);
  } catch (const std::runtime_error&) {
    closed_ = true;
    owner_.on_failed(*this);
  }
}

void Client::work(std::uint32_t events) {
  if (!connected_) {
    connected_ = true;
    begin_step();
  }
  if ((events & EPOLLOUT) != 0) {
    flush();
    if (!scripted() && unsent() == 0) owner_.on_writable(*this);
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
  const auto [what, bytes] = receive_some(fd_);
  if (what == Received::kEnd) throw std::runtime_error("connection closed by the far end: " + in_);
  if (what == Received::kNothing) return;
  if (!encrypted_) return take(bytes);
  BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  if (!established_) handshake();
  if (established_) read_tls();
}

int Client::on_new_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<Client*>(SSL_get_app_data(ssl))->owner_.on_session({session, SSL_SESSION_free});
  return 1;
}

void Client::begin_tls() {
  ssl_.reset(SSL_new(target_.context.get()));
  if (!ssl_) throw std::runtime_error("SSL_new failed");
  SSL_set_app_data(ssl_.get(), this);
  if (session_) must(SSL_set_session(ssl_.get(), session_.get()), "session");
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  must(static_cast<int>(SSL_set_tlsext_host_name(ssl_.get(), caller_.whom.c_str())), "server name");
  if (target_.entry == Entry::kDirectTls) {
    std::string protocol(1, static_cast<char>(target_.alpn.size()));
    protocol += target_.alpn;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocol.data()),
                        static_cast<unsigned>(protocol.size()));
  }
  if (caller_.shown.leaf) caller_.shown.use_in(ssl_.get());
  SSL_set_connect_state(ssl_.get());
  encrypted_ = true;
  in_.clear();
  handshake();
}

void Client::handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    must(0, "TLS handshake");
  }
  if (result == 1) {
    check_session(ssl_.get(), target_.key, session_ != nullptr);
    established_ = true;
    // The library tells of a session that another one has led to only in TLS 1.3.
    if (session_ && SSL_version(ssl_.get()) == TLS1_2_VERSION)
      owner_.on_session({SSL_get1_session(ssl_.get()), SSL_SESSION_free});
    send(caller_.script[step_].send);
  }
  flush();
}

void Client::begin_step() {
  const Step& step = caller_.script[step_];
  if (step.begin_tls) return begin_tls();
  send(step.send);
  flush();
}

void Client::read_tls() {
  static std::array<char, 16384> buffer;
  while (!closed_) {
    const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) {
      take({buffer.data(), static_cast<std::size_t>(got)});
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), got);
    if (error == SSL_ERROR_WANT_READ) return;
    if (error == SSL_ERROR_ZERO_RETURN) throw std::runtime_error("close_notify received: " + in_);
    must(0, "SSL_read");
  }
}

void Client::take(std::string_view bytes) {
  if (!scripted()) return owner_.on_data(*this, bytes);
  in_.append(bytes);
  if (in_.find("<stream:error") != std::string::npos || in_.find("<failure") != std::string::npos) {
    throw std::runtime_error("refused: " + in_);
  }
  advance();
}

void Client::advance() {
  const std::size_t tag = in_.find(caller_.script[step_].expected_tag);
  if (tag == std::string::npos || in_.find('>', tag) == std::string::npos) return;
  in_.erase(0, in_.find('>', tag) + 1);
  ++step_;
  if (scripted()) return begin_step();
  in_ = {};
  owner_.on_ready(*this);
}

void Client::send(std::string_view bytes) {
  if (!encrypted_) {
    out_.append(bytes);
    return;
  }
  must(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0 ? 1 : 0,
       "SSL_write");
  collect_output();
}

void Client::collect_output() {
  char* data = nullptr;
  BIO* wire = SSL_get_wbio(ssl_.get());
  const long size = BIO_get_mem_data(wire, &data);
  if (size <= 0) return;
  out_.append(data, static_cast<std::size_t>(size));
  (void)BIO_reset(wire);
}

void Client::flush() {
  if (encrypted_) collect_output();
  if (unsent() > 0) sent_ += send_some(fd_, std::string_view(out_).substr(sent_));
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  const bool wait = unsent() > 0;
  if (wait != waiting_) poller_.want_write(fd_, *this, wait);
  waiting_ = wait;
}

void Client::close() {
  if (established_) {
    SSL_shutdown(ssl_.get());
    flush();
  }
  closed_ = true;
}

}  // namespace portcullis::bench
