#pragma once

#include <string>

namespace portcullis::certs {

// An error that OpenSSL recorded for the calling thread. `library` and `reason` are the values of
// ERR_GET_LIB and ERR_GET_REASON, 0 when nothing was recorded.
struct OpensslError {
  int library = 0;
  int reason = 0;
  std::string text;  // OpenSSL's own words, "no detail recorded" when there are none
};

// Empties the thread's error queue and returns one error of it: the first that the TLS library
// recorded, else the first of all. All OpenSSL objects of a thread share the queue. An error that
// is left in it would be taken for the failure of another session.
OpensslError take_openssl_error();

}  // namespace portcullis::certs
