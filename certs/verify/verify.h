#pragma once

#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// The one place where a peer's certificate is judged: some path to `anchors`, server purpose in
// both roles (public CAs no longer issue clientAuth), name by DNS-ID, SRV-ID or XmppAddr (RFC 9525,
// RFC 6120 section 13.7.1.2; never CN). No I/O, no globals, no clock. The work is bounded whatever
// the peer sent: see path/path_search.h.
VerifyResult verify_peer(const VerifyRequest& request);

}  // namespace portcullis::certs
