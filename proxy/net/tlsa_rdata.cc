#include "proxy/net/tlsa_rdata.h"

#include <cstddef>

namespace portcullis::net {
namespace {

constexpr std::size_t kFixedPart = 3;  // usage, selector, matching type
constexpr std::size_t kMostData = 64;  // octets; a digest has no more

}  // namespace

std::optional<TlsaRecord> parse_tlsa_rdata(std::string_view rdata) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (rdata.size() <= kFixedPart) return std::nullopt;
  TlsaRecord record{static_cast<std::uint8_t>(rdata[0]),
                    static_cast<std::uint8_t>(rdata[1]),
                    static_cast<std::uint8_t>(rdata[2]),
                    {}};
  for (const char octet : rdata.substr(kFixedPart, kMostData)) {
    const auto value = static_cast<std::uint8_t>(octet);
    record.data += kDigits[value >> 4U];
    record.data += kDigits[value & 0x0FU];
  }
  return record;
}

std::string text(const TlsaRecord& record) {
  return std::to_string(record.usage) + " " + std::to_string(record.selector) + " " +
         std::to_string(record.matching) + " " + record.data;
}

}  // namespace portcullis::net
