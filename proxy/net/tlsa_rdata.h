#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::net {

// A record of DANE (RFC 6698 section 2.1): which certificate or key a server shows.
struct TlsaRecord {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;
  std::string data;  // in hexadecimal: a digest, or the first 64 octets of a whole certificate
};

// nullopt if it is cut off, or holds no data. Numbers that nobody has given a meaning are kept.
// Pure.
std::optional<TlsaRecord> parse_tlsa_rdata(std::string_view rdata);

// As it stands in a zone: "3 1 1 0b9f...".
std::string text(const TlsaRecord& record);

}  // namespace portcullis::net
