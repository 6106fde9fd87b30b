#include "certs/x509/asn1_time.h"

#include <ctime>

namespace portcullis::certs {

std::optional<std::chrono::sys_seconds> to_sys_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  // A null pointer would mean "now" to OpenSSL.
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

}  // namespace portcullis::certs
