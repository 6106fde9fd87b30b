#pragma once

#include <openssl/bio.h>

#include <string>
#include <string_view>

namespace portcullis::tls {

// What a session reads from and writes to during one call of OpenSSL. Between calls both are empty,
// so an idle session holds no buffer of ours.
struct WireView {
  std::string_view in;
  std::string* out = nullptr;
};

// A BIO over `view`, which must outlive it. Reading from an empty view asks OpenSSL to retry;
// writing while `out` is null fails. nullptr if memory ran out. The caller owns the BIO.
BIO* new_wire_bio(WireView* view);

}  // namespace portcullis::tls
