#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/engine.h"
#include "tests/support/test_pki.h"

namespace portcullis::tls {

inline DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

inline const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

inline certs::KeyPair pair_for(const std::string& name, test::TestKey key) {
  test::CertificateSpec spec = test::leaf_spec(name);
  spec.key = key;
  if (key == test::TestKey::kRsa2048) spec.key_usage = "critical,digitalSignature,keyEncipherment";
  return pki().key_pair(pki().leaf(spec));
}

// An ECDSA and an RSA certificate for each name.
inline HostCredentials host(const std::string& name, std::vector<DomainName> aliases = {}) {
  HostCredentials made{domain(name), std::move(aliases), {}};
  // RSA first, so that a preference for ECDSA is not merely the order of loading.
  made.pairs.push_back(pair_for(name, test::TestKey::kRsa2048));
  made.pairs.push_back(pair_for(name, test::TestKey::kP256));
  return made;
}

inline std::unique_ptr<Contexts> contexts(ContextsSpec spec) {
  return Contexts::build(std::move(spec)).value();
}

inline std::unique_ptr<Contexts> contexts_for(const std::string& name) {
  ContextsSpec spec;
  spec.hosts.push_back(host(name));
  return contexts(std::move(spec));
}

// A client whose every setting a test can choose, unlike ours. Keeps the session in reach.
struct RawClient {
  using Configure = std::function<void(SSL_CTX*, SSL*)>;

  explicit RawClient(const Configure& configure = {},
                     const std::function<void(SSL_CTX*)>& before = {})
      : context(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    if (before) before(context.get());
    certs::SslPtr made(SSL_new(context.get()));
    ssl = made.get();
    SSL_set_connect_state(ssl);
    if (configure) configure(context.get(), ssl);
    engine = std::make_unique<Engine>(std::move(made));
  }

  certs::SslCtxPtr context;
  SSL* ssl = nullptr;  // owned by `engine`
  std::unique_ptr<Engine> engine;
};

// Two sessions that talk through strings, in pieces of `piece` octets.
struct Talk {
  Engine& client;
  Engine& server;
  std::size_t piece = SIZE_MAX;
  std::string to_server, to_client;
  std::string at_server, at_client;  // plaintext that arrived

  void deliver_all() {
    while (!to_server.empty() || !to_client.empty()) {
      deliver(to_server, server, at_server, to_client);
      deliver(to_client, client, at_client, to_server);
    }
  }
  // True when both ends are established.
  bool handshake() {
    client.start(to_server);
    server.start(to_client);
    deliver_all();
    return client.state() == Engine::State::kEstablished &&
           server.state() == Engine::State::kEstablished;
  }

 private:
  void deliver(std::string& from, Engine& to, std::string& plaintext, std::string& answer) const {
    const std::string bytes = std::exchange(from, {});
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min(piece, bytes.size() - at);
      to.receive(std::string_view(bytes).substr(at, size), plaintext, answer);
      at += size;
    }
  }
};

constexpr auto kS2s = StreamKind::kS2sInbound;
constexpr auto kStartTls = TlsEntry::kStartTls;
constexpr auto kDirectTls = TlsEntry::kDirectTls;

// The description of a TLS alert record in the clear, -1 when `wire` is none.
inline int alert_of(std::string_view wire) {
  return wire.size() == 7 && wire[0] == 0x15 ? static_cast<unsigned char>(wire[6]) : -1;
}

}  // namespace portcullis::tls
