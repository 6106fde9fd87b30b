#include "proxy/tls/message_screen.h"

#include <openssl/ssl3.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include "proxy/tls/certificate_screen.h"
#include "proxy/tls/handshake_facts.h"

namespace portcullis::tls {
namespace {

constexpr std::size_t kHeader = 4;  // of a handshake message: its type and its length
constexpr std::size_t kMaxLateMessages = 16;

std::optional<TooDear> fault_of(int type, std::string_view body, SSL* ssl) {
  if (type == SSL3_MT_CERTIFICATE) return too_dear(body, tls_version_of(SSL_version(ssl)));
  // An OCSP response can hold certificates.
  if (type == SSL3_MT_CERTIFICATE_STATUS && has_nameless_curve(body))
    return TooDear{TlsLimit::kCurve,
                   "the OCSP response has a key on an elliptic curve without a name"};
  auto* const facts = facts_of(ssl);
  if (facts != nullptr && facts->established && ++facts->late_messages > kMaxLateMessages)
    return TooDear{TlsLimit::kLateMessages,
                   type == SSL3_MT_KEY_UPDATE ? "too many KeyUpdate messages"
                                              : "too many handshake messages behind the handshake"};
  return std::nullopt;
}

// The library shows each message here before it reads it, and has no way to say no. So the message
// is made one that does not parse: lengths of more than there is, and values that are not defined.
void on_message(int is_ours, int, int content_type, const void* message, std::size_t size, SSL* ssl,
                void*) {
  if (is_ours != 0 || content_type != SSL3_RT_HANDSHAKE || size < kHeader) return;
  const std::string_view octets(static_cast<const char*>(message), size);
  const auto fault = fault_of(octets[0], octets.substr(kHeader), ssl);
  if (!fault) return;
  // The buffer is the session's own, which it is about to read.
  std::memset(static_cast<char*>(const_cast<void*>(message)) + kHeader, 0xff, size - kHeader);
  if (auto* const facts = facts_of(ssl)) facts->refuse(fault->limit, fault->why);
}

// In TLS 1.2 another handshake begins here, before its first message is read: the library would
// make room for a ClientHello of 128 KiB. (In TLS 1.3 nothing behind the handshake comes here.)
void on_state(const SSL* ssl, int where, int) {
  auto* const facts = facts_of(ssl);
  if (where != SSL_CB_HANDSHAKE_START || facts == nullptr || !facts->established) return;
  if (SSL_is_server(ssl) == 1)
    facts->refuse(TlsLimit::kRenegotiation, "the peer asked for renegotiation");
}

}  // namespace

void screen_messages(SSL_CTX* context) {
  SSL_CTX_set_msg_callback(context, &on_message);
  SSL_CTX_set_info_callback(context, &on_state);
}

}  // namespace portcullis::tls
