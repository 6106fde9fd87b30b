#pragma once

#include <string>

namespace portcullis::certs {

// What OpenSSL recorded for the calling thread. `library` and `reason` are ERR_GET_LIB and
// ERR_GET_REASON, 0 when nothing was recorded.
struct OpensslError {
  int library = 0;
  int reason = 0;
  std::string text;  // the library's reason string
};

// Empties the thread's error queue. The queue is shared by every OpenSSL object of the thread, so
// one session's left-over would be read as another one's failure. Prefers the error of the TLS
// state machine over those of the layers below it.
OpensslError take_openssl_error();

}  // namespace portcullis::certs
