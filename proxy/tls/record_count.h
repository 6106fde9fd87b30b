#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/tls/record_framing.h"

namespace portcullis::tls {

// Counts the records of a peer that is not authenticated. A record costs us some microseconds
// however little is in it, and a stranger could send records of one octet for as long as the login
// may take.
class RecordCount {
 public:
  // Records of handshake messages that are not encrypted, which cost little. A ClientHello in
  // records of one octet has some hundreds, with post-quantum groups up to 1,800.
  static constexpr std::size_t kMaxHandshake = 2'048;
  // All others: what is encrypted in TLS 1.3, and data. A login has between 5 and 20, a list of
  // certificates of 16 KiB in records of 512 octets has 33.
  static constexpr std::size_t kMaxOthers = 300;

  // Takes octets as they came from the network, in pieces of any size. Returns those of them, from
  // the front, that may be read: all, or up to the first record that is too many. So the verdict
  // does not depend on the pieces.
  std::string_view readable(std::string_view octets);
  bool over() const { return handshake_ > kMaxHandshake || others_ > kMaxOthers; }

 private:
  RecordFraming framing_;
  std::size_t handshake_ = 0;
  std::size_t others_ = 0;
};

}  // namespace portcullis::tls
