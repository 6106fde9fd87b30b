#include "proxy/tls/record_count.h"

#include <openssl/ssl3.h>

namespace portcullis::tls {

std::string_view RecordCount::readable(std::string_view octets) {
  const auto all = octets;
  while (const auto piece = framing_.next(octets)) {
    if (!piece->begins) continue;
    if (piece->type == SSL3_RT_HANDSHAKE)
      ++handshake_;
    else
      ++others_;
    if (over()) return all.substr(0, all.size() - octets.size());
  }
  return all;
}

}  // namespace portcullis::tls
