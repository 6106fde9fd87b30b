#pragma once

#include "policy/model/backend_kind.h"

namespace portcullis::policy {

// Whether a server of this kind puts the text of a stream error before its users, at once, when a
// stream that it opens to another server is refused (RFC 6120 section 4.9). If it does not, its
// users read why only where their stanza itself is answered.
bool shows_stream_errors(BackendKind kind);

// Whether a server of this kind can do SASL EXTERNAL between servers. If not, only server dialback
// is left.
bool knows_external(BackendKind kind);

}  // namespace portcullis::policy
