#pragma once

#include <openssl/bio.h>

#include <string>
#include <string_view>

namespace portcullis::tls {

// What a session reads from and writes to during one call into it. Between calls both are empty,
// so that an idle session holds no buffer of ours.
struct WireView {
  std::string_view in;
  std::string* out = nullptr;
};

// A BIO over `view`, which must outlive it. Reading an empty view asks to retry; writing while
// `out` is null fails.
BIO* new_wire_bio(WireView* view);

}  // namespace portcullis::tls
