#include "proxy/tls/handshake_facts.h"

namespace portcullis::tls {
namespace {

int facts_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

}  // namespace

bool keep_facts(SSL* ssl, HandshakeFacts* facts) {
  return SSL_set_ex_data(ssl, facts_slot(), facts) == 1;
}

HandshakeFacts* facts_of(const SSL* ssl) {
  return static_cast<HandshakeFacts*>(SSL_get_ex_data(ssl, facts_slot()));
}

}  // namespace portcullis::tls
