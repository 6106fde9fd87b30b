#include <openssl/crypto.h>

#include <cstdio>

#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/version.h"

namespace portcullis::app {

int version() {
  std::printf("portcullis %s (%s)\n", PORTCULLIS_VERSION, OpenSSL_version(OPENSSL_VERSION));
  return kFine;
}

}  // namespace portcullis::app
