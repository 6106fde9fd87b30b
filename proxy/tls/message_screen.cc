#include "proxy/tls/message_screen.h"

#include <openssl/ssl3.h>

#include <cstddef>
#include <string_view>

#include "proxy/tls/certificate_screen.h"
#include "proxy/tls/handshake_facts.h"

namespace portcullis::tls {
namespace {

constexpr std::size_t kHeader = 4;  // of a handshake message: its type and its length
constexpr std::size_t kMaxKeyUpdates = 16;

// Empty: nothing is wrong.
std::string_view fault_of(int type, std::string_view body, SSL* ssl, HandshakeFacts* facts) {
  if (type == SSL3_MT_CERTIFICATE) return too_dear(body, tls_version_of(SSL_version(ssl)));
  // An OCSP response can hold certificates.
  if (type == SSL3_MT_CERTIFICATE_STATUS && has_nameless_curve(body))
    return "the OCSP response has a key on an elliptic curve without a name";
  if (type == SSL3_MT_KEY_UPDATE && facts != nullptr && ++facts->key_updates > kMaxKeyUpdates)
    return "too many KeyUpdate messages";
  return {};
}

// The library shows each message here before it reads it, and has no way to say no. So the message
// is made one that does not parse: its first octet is a length of more than there is, or a value
// that is not defined.
void on_message(int is_ours, int, int content_type, const void* message, std::size_t size, SSL* ssl,
                void*) {
  if (is_ours != 0 || content_type != SSL3_RT_HANDSHAKE || size <= kHeader) return;
  const std::string_view octets(static_cast<const char*>(message), size);
  auto* const facts = facts_of(ssl);
  const auto fault = fault_of(octets[0], octets.substr(kHeader), ssl, facts);
  if (fault.empty()) return;
  // The buffer is the session's own, which it is about to read.
  static_cast<char*>(const_cast<void*>(message))[kHeader] = '\xff';
  if (facts != nullptr) facts->refused = fault;
}

}  // namespace

void screen_messages(SSL_CTX* context) {
  SSL_CTX_set_msg_callback(context, &on_message);
}

}  // namespace portcullis::tls
