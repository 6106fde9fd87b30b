#include "proxy/tls/engine.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <utility>

#include "certs/own/credentials.h"
#include "certs/x509/openssl_error.h"
#include "proxy/tls/failure.h"
#include "proxy/tls/handshake_facts.h"
#include "proxy/tls/hello_size.h"
#include "proxy/tls/key_exchange.h"
#include "proxy/tls/record_count.h"
#include "proxy/tls/wire_bio.h"

namespace portcullis::tls {
namespace {

constexpr std::size_t kRecordPlaintext = std::size_t{16} * 1024;
// Of what a peer sends up to the end of the handshake. Certificates may have 16 KiB, in the tiny
// records of a sender who wants to keep us busy several times that.
constexpr std::size_t kMaxHandshake = std::size_t{64} * 1024;
constexpr std::size_t kDataPerLateMessages = std::size_t{1024} * 1024;
constexpr std::size_t kRecordOverhead = 32;  // header, content type and tag, rounded up

std::optional<KeyType> served_key_type(SSL* ssl) {
  const X509* served = SSL_is_server(ssl) == 1 ? SSL_get_certificate(ssl) : nullptr;
  return certs::key_type_of_leaf(served);
}

certs::X509Ptr served_leaf(SSL* ssl) {
  const bool shown = SSL_is_server(ssl) == 1 && SSL_session_reused(ssl) == 0;
  return certs::share(shown ? SSL_get_certificate(ssl) : nullptr);
}

std::string printable_sni(SSL* ssl) {
  const char* sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return SSL_is_server(ssl) == 1 && sni != nullptr ? policy::printable(sni) : std::string();
}

// To clear the queue costs as much as to decrypt some hundred octets, and mostly nothing is in it.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

// The response is copied only for a certificate that may demand it.
std::string stapled_response(SSL* ssl, const X509* leaf) {
  const unsigned char* response = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &response);
  if (response == nullptr || size <= 0 || static_cast<std::size_t>(size) > certs::kStapleLimit ||
      leaf == nullptr || X509_get_ext_by_NID(leaf, NID_tlsfeature, -1) < 0) {
    return {};
  }
  return {reinterpret_cast<const char*>(response), static_cast<std::size_t>(size)};
}

}  // namespace

struct Engine::Impl {
  WireView wire;
  HandshakeFacts peer;
  HelloSize hello;
  RecordCount records;
  bool trusted = false;  // records are not counted any more
  std::size_t handshake_octets = 0;
  std::size_t data_octets = 0;  // since late messages were counted anew
  certs::SslPtr ssl;            // holds a BIO over `wire`, and points to `peer`
  State state = State::kHandshaking;
  certs::OpensslError error;

  // OpenSSL sees the caller's buffers only while one of its functions runs.
  class Attached {
   public:
    Attached(Impl& impl, std::string_view in, std::string& out) : impl_(impl) {
      forget_errors();
      impl_.wire = {in, &out};
    }
    ~Attached() {
      impl_.wire = {};
      forget_errors();
    }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

   private:
    Impl& impl_;
  };

  void fail() {
    error = certs::take_openssl_error();
    state = State::kFailed;
  }

  void fail(TlsLimit limit, std::string_view why) {
    peer.refuse(limit, why);
    state = State::kFailed;
  }

  std::string_view readable(std::string_view octets) {
    return trusted ? octets : records.readable(octets);
  }

  // After the handshake the peer can still be told why.
  void end_if_too_many() {
    if (!records.over() || is_over()) return;
    fail(TlsLimit::kRecords, "there are too many TLS records");
    if (peer.established) state = State::kRefused;
  }

  // Before the library reads it. What comes behind the end of the handshake in one piece with it
  // counts, too: no peer has so much to say there.
  bool accepts(std::string_view octets) {
    if (handshake_octets > kMaxHandshake) {
      fail(TlsLimit::kHandshake, "the handshake has more than 64 KiB");
    } else if (!hello.follow(octets)) {
      fail(TlsLimit::kHello, "the ClientHello is longer than 16 KiB");
    }
    handshake_octets += octets.size();
    return state == State::kHandshaking;
  }

  // The library goes on after messages that it answers with a warning.
  void end_if_refused() {
    if (peer.limit && state == State::kEstablished) state = State::kFailed;
  }

  bool is_over() const {
    return state == State::kFailed || state == State::kPeerClosed || state == State::kRefused;
  }
  // After the peer's close_notify our direction is still open: the stream's end tag may follow.
  bool may_send() const {
    return state == State::kEstablished || state == State::kPeerClosed || state == State::kRefused;
  }

  void handshake() {
    const int result = SSL_do_handshake(ssl.get());
    if (result == 1) {
      state = State::kEstablished;
      peer.established = true;
    } else if (SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ) {
      fail();
    }
    // In TLS 1.2 what follows the hello may be encrypted without saying so.
    if (SSL_get_current_cipher(ssl.get()) != nullptr && SSL_version(ssl.get()) < TLS1_3_VERSION)
      hello.stop();
  }

  void count(std::size_t data) {
    data_octets += data;
    if (data_octets < kDataPerLateMessages) return;
    data_octets = 0;
    peer.late_messages = 0;
  }

  void decrypt(std::string& plaintext) {
    // OpenSSL decrypts into this array and not into `plaintext`, because growing a string fills it
    // with zeros first. A release build would do the same to the array, 16 KiB for each record that
    // comes; what is read of it was written before.
    __attribute__((uninitialized)) std::array<char, kRecordPlaintext>
        chunk;  // NOLINT(*-member-init)
    while (state == State::kEstablished) {
      std::size_t size = 0;
      const int result = SSL_read_ex(ssl.get(), chunk.data(), chunk.size(), &size);
      if (result == 1) {
        plaintext.append(chunk.data(), size);
        count(size);
        end_if_refused();
        // To ask once more would make and free a buffer, only to hear that nothing has come.
        if (wire.in.empty() && SSL_has_pending(ssl.get()) == 0) return;
        continue;
      }
      switch (SSL_get_error(ssl.get(), result)) {
        case SSL_ERROR_WANT_READ:
          return end_if_refused();
        case SSL_ERROR_ZERO_RETURN:
          state = State::kPeerClosed;
          return;
        default:
          fail();
      }
    }
  }
};

Engine::Engine(certs::SslPtr ssl) : impl_(std::make_unique<Impl>()) {
  BIO* bio = ssl ? new_wire_bio(&impl_->wire) : nullptr;
  if (bio == nullptr || !keep_facts(ssl.get(), &impl_->peer)) {
    BIO_free(bio);
    impl_->error = {0, 0, "out of memory"};
    impl_->state = State::kFailed;
    return;
  }
  SSL_set_bio(ssl.get(), bio, bio);  // the session takes our one reference, for both directions
  impl_->ssl = std::move(ssl);
  if (SSL_is_server(impl_->ssl.get()) == 0) impl_->hello.stop();
}

Engine::~Engine() = default;

Engine::State Engine::start(std::string& wire) {
  if (impl_->state == State::kHandshaking && SSL_is_server(impl_->ssl.get()) == 0) {
    const Impl::Attached attached(*impl_, {}, wire);
    impl_->handshake();
  }
  return impl_->state;
}

Engine::State Engine::receive(std::string_view ciphertext, std::string& plaintext,
                              std::string& wire) {
  if (impl_->is_over()) return impl_->state;
  const auto octets = impl_->readable(ciphertext);
  const Impl::Attached attached(*impl_, octets, wire);
  if (impl_->state == State::kHandshaking && impl_->accepts(octets)) impl_->handshake();
  if (impl_->state == State::kEstablished) impl_->decrypt(plaintext);
  impl_->end_if_too_many();
  return impl_->state;
}

void Engine::trust_peer() {
  impl_->trusted = true;
}

bool Engine::send(std::string_view plaintext, std::string& wire) {
  if (!impl_->may_send()) return false;
  if (plaintext.empty()) return true;
  const Impl::Attached attached(*impl_, {}, wire);
  const std::size_t records = plaintext.size() / kRecordPlaintext + 1;
  wire.reserve(wire.size() + plaintext.size() + records * kRecordOverhead);
  std::size_t written = 0;
  // Our BIO never asks to wait, and partial writes are off. So everything is written, or it fails.
  if (SSL_write_ex(impl_->ssl.get(), plaintext.data(), plaintext.size(), &written) == 1) {
    return true;
  }
  impl_->fail();
  return false;
}

void Engine::close(std::string& wire) {
  if (!impl_->may_send()) return;
  const Impl::Attached attached(*impl_, {}, wire);
  SSL_shutdown(impl_->ssl.get());
}

Engine::State Engine::state() const {
  return impl_->state;
}

policy::Refusal Engine::failure() const {
  return describe_failure(impl_->error, impl_->ssl.get(), impl_->peer);
}

std::optional<TlsLimit> Engine::limit() const {
  return exceeded(impl_->error, impl_->peer);
}

Facts Engine::facts() const {
  Facts facts;
  SSL* ssl = impl_->ssl.get();
  if (ssl == nullptr) return facts;
  facts.version = tls_version_of(SSL_version(ssl));
  if (SSL_get_current_cipher(ssl) != nullptr) facts.cipher = SSL_get_cipher_name(ssl);
  facts.forward_secrecy = has_forward_secrecy(SSL_get_current_cipher(ssl));
  facts.sni = printable_sni(ssl);
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  facts.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  facts.served_key = served_key_type(ssl);
  if (impl_->peer.established) facts.served_leaf = served_leaf(ssl);
  return facts;
}

certs::PresentedChain Engine::peer_chain() const {
  certs::PresentedChain chain;
  SSL* ssl = impl_->ssl.get();
  if (ssl == nullptr) return chain;
  chain.leaf.reset(SSL_get1_peer_certificate(ssl));
  const STACK_OF(X509)* sent = SSL_get_peer_cert_chain(ssl);
  // OpenSSL includes the leaf in this chain only on the initiating side.
  const int first = SSL_is_server(ssl) == 1 ? 0 : 1;
  for (int i = first; i < sk_X509_num(sent); ++i) {
    chain.sent.push_back(certs::share(sk_X509_value(sent, i)));
  }
  chain.staple_asked =
      SSL_is_server(ssl) == 0 && SSL_get_tlsext_status_type(ssl) == TLSEXT_STATUSTYPE_ocsp;
  if (chain.staple_asked) chain.staple = stapled_response(ssl, chain.leaf.get());
  return chain;
}

}  // namespace portcullis::tls
