#include "proxy/tls/leaf_choice.h"

#include <openssl/err.h>

#include <exception>
#include <utility>

namespace portcullis::tls {
namespace {

void free_choice(void*, void* choice, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<ChooseLeaf*>(choice);
}

int choice_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_choice);
  return slot;
}

bool show_chosen(SSL* ssl, const ChooseLeaf& choose) {
  constexpr int replace_existing = 1;
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto chosen = choose(name != nullptr ? name : "");
  const bool shown =
      chosen == nullptr || SSL_use_cert_and_key(ssl, chosen->leaf.get(), chosen->key.get(), nullptr,
                                                replace_existing) == 1;
  // An error that stays in the queue would be taken for one of the handshake.
  ERR_clear_error();
  return shown;
}

// No exception may pass through OpenSSL.
int on_certificate_wanted(SSL* ssl, void* choose) {
  try {
    return show_chosen(ssl, *static_cast<const ChooseLeaf*>(choose)) ? 1 : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

bool choose_leaf(SSL* ssl, ChooseLeaf choose) {
  auto kept = std::make_unique<ChooseLeaf>(std::move(choose));
  if (SSL_set_ex_data(ssl, choice_slot(), kept.get()) != 1) return false;
  SSL_set_cert_cb(ssl, &on_certificate_wanted, kept.release());  // the session owns it now
  return true;
}

}  // namespace portcullis::tls
