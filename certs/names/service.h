#pragma once

#include <cstdint>

namespace portcullis::certs {

// Which SRV-ID counts (RFC 4985, RFC 6120 section 13.7.1.2): _xmpp-server or _xmpp-client.
enum class Service : std::uint8_t { kServer, kClient };

}  // namespace portcullis::certs
