#include <array>
#include <cstdlib>
#include <string>

#include "proxy/net/proxy_protocol.h"

namespace {

using portcullis::net::parse_proxy_header;
using portcullis::net::ProxyHeader;
using portcullis::net::ProxyHeaderIncomplete;
using portcullis::net::ProxyHeaderInvalid;
using portcullis::net::SocketAddress;
using portcullis::net::write_proxy_header;

constexpr std::size_t kMostWanted = 16 + 512;

void require(bool condition) {
  if (!condition) std::abort();
}

// A header is taken whole or not at all, and more bytes behind it change nothing.
void check_prefixes(std::string_view bytes, const ProxyHeader& header) {
  require(header.size <= bytes.size() && header.size <= kMostWanted);
  for (std::size_t size = 0; size < header.size; ++size)
    require(
        std::holds_alternative<ProxyHeaderIncomplete>(parse_proxy_header(bytes.substr(0, size))));
  const auto alone = parse_proxy_header(bytes.substr(0, header.size));
  const auto* same = std::get_if<ProxyHeader>(&alone);
  require(same != nullptr && same->size == header.size && same->source == header.source);
}

void check_round_trip(const SocketAddress& source) {
  using portcullis::policy::ProxyProtocol;
  for (const auto version : {ProxyProtocol::kV1, ProxyProtocol::kV2}) {
    const auto again = parse_proxy_header(write_proxy_header(version, source, source));
    const auto* header = std::get_if<ProxyHeader>(&again);
    require(header != nullptr && header->source == source);
  }
}

// What goes on is a part of what came, and read again it is the same.
void check_tlvs(const ProxyHeader& header) {
  using portcullis::net::chosen_tlvs;
  require(header.tlvs.size() <= 512);
  const std::array<std::uint8_t, 3> types{0x02, 0x05, 0xEA};
  const auto chosen = chosen_tlvs(header.tlvs, types);
  require(chosen.size() <= header.tlvs.size());
  require(chosen_tlvs(chosen, types) == chosen);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto result = parse_proxy_header(bytes);
  if (std::holds_alternative<ProxyHeaderIncomplete>(result)) require(size < kMostWanted);
  if (const auto* invalid = std::get_if<ProxyHeaderInvalid>(&result))
    require(!invalid->why.empty());
  if (const auto* header = std::get_if<ProxyHeader>(&result)) {
    check_prefixes(bytes, *header);
    check_tlvs(*header);
    if (header->source) check_round_trip(*header->source);
  }
  return 0;
}
