#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string_view>

#include "certs/own/local_ca.h"

namespace portcullis::tls {

// The certificate for the name that a ClientHello gives (SNI), whatever it is; empty: it gives
// none. Null: the session shows the certificate of its context.
using ChooseLeaf = std::function<std::shared_ptr<const certs::MintedLeaf>(std::string_view name)>;

// `choose` is asked when the ClientHello is there, and again if the client is told to send another;
// it is kept with the session. False: out of memory.
bool choose_leaf(SSL* ssl, ChooseLeaf choose);

}  // namespace portcullis::tls
