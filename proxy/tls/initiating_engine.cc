#include "proxy/tls/initiating_engine.h"

#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <utility>

#include "proxy/tls/handshake_rules.h"

namespace portcullis::tls {

std::unique_ptr<Engine> initiating_engine(certs::SslPtr ssl, const DomainName& sni) {
  if (ssl && SSL_set_tlsext_host_name(ssl.get(), sni.a_label().c_str()) != 1) ssl.reset();
  if (ssl) SSL_set_connect_state(ssl.get());
  return std::make_unique<Engine>(std::move(ssl));
}

bool offer_alpn(SSL* ssl, StreamKind kind) {
  const std::string_view protocol = alpn_protocol(kind);
  std::string list(1, static_cast<char>(protocol.size()));
  list += protocol;
  // Unlike most functions of OpenSSL, this one returns 0 for success.
  return SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                             static_cast<unsigned int>(list.size())) == 0;
}

}  // namespace portcullis::tls
