#pragma once

#include <optional>
#include <string>

#include "certs/x509/openssl_ptr.h"
#include "policy/model/spki_pin.h"

namespace portcullis::certs {

// The pin of the certificate's public key. The same for every certificate that holds the key. Empty
// when the key does not encode.
std::optional<policy::SpkiPin> spki_pin(const X509* certificate);

// "spki-sha256:" and base64, as the configuration writes a pin. "" for a null certificate, or when
// the key does not encode.
std::string spki_pin_text(const X509* certificate);

}  // namespace portcullis::certs
