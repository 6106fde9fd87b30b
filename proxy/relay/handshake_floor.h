#pragma once

#include "policy/model/config.h"
#include "proxy/base/tls_version.h"
#include "proxy/tls/key_exchange.h"

namespace portcullis::relay {

// What a handshake already demands, before anybody knows who the other end is. If any peer is only
// observed, more than the least is judged after the handshake, so that peers below it can be named
// and counted.

TlsVersion s2s_min_version(const policy::Config& config);
tls::KeyExchangeRules s2s_key_exchange(const policy::Config& config);
tls::KeyExchangeRules c2s_key_exchange(const policy::Config& config);

}  // namespace portcullis::relay
