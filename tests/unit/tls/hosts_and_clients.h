#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "tests/unit/tls/engine_pair.h"

// Hosts that a session is chosen from, and clients that show a certificate.
namespace portcullis::tls {

inline std::unique_ptr<Contexts> three_hosts() {
  ContextsSpec spec;
  spec.hosts.push_back(host("a.example"));
  spec.hosts.push_back(host("b.example", {domain("conference.b.example")}));
  spec.hosts.push_back(host("c.example"));
  return contexts(std::move(spec));
}

// A client that shows this certificate, or none (nullptr).
inline RawClient client_showing(const certs::KeyPair* pair) {
  return RawClient([pair](SSL_CTX*, SSL* ssl) {
    if (pair == nullptr) return;
    SSL_set_security_level(ssl, 0);
    ASSERT_EQ(SSL_use_cert_and_key(ssl, pair->leaf.get(), pair->key.get(), nullptr, 1), 1);
  });
}

}  // namespace portcullis::tls
