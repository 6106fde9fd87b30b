#pragma once

#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// The one place where a peer's certificate is judged. It must have a path to an anchor (RFC 5280
// section 6), be made for servers in both roles of the peer (public CAs no longer issue
// certificates for clients), and name the reference by DNS-ID, SRV-ID or XmppAddr (RFC 9525, RFC
// 6120 section 13.7.1.2), never by its common name. On failure the fault of the first path is told.
// No I/O, no globals, no clock. The work is bounded whatever the peer sent: see path/path_search.h.
VerifyResult verify_peer(const VerifyRequest& request);

}  // namespace portcullis::certs
