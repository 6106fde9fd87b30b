#include "proxy/net/special_addresses.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace portcullis::net {
namespace {

using SixteenOctets = std::array<std::uint8_t, 16>;

// The prefix of a block of IPv6, and of IPv4 in its mapped form.
struct Block {
  SixteenOctets base;
  unsigned bits;
};

constexpr Block v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, unsigned bits) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, 96 + bits};
}

// `groups`: the first four groups of the address.
constexpr Block v6(std::array<std::uint16_t, 4> groups, unsigned bits, std::uint8_t last = 0) {
  Block block{{}, bits};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    block.base[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    block.base[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  block.base[15] = last;
  return block;
}

constexpr Block kNat64 = v6({0x64, 0xff9b, 0, 0}, 96);
constexpr Block kLocalNat64 = v6({0x64, 0xff9b, 1, 0}, 48);
constexpr Block kTeredo = v6({0x2001, 0, 0, 0}, 32);
constexpr Block k6to4 = v6({0x2002, 0, 0, 0}, 16);
constexpr Block kCompatible = v6({0, 0, 0, 0}, 96);

enum class Meaning : std::uint8_t {
  kPublic,  // nearer than a wider block that is special
  kSpecial,
  kNoHost,
};

struct Row {
  Block block;
  Meaning meaning;
  std::string_view name;
};

// The first row that fits decides, so a nearer block stands before a wider one.
constexpr std::array kRows{
    // IPv4, https://www.iana.org/assignments/iana-ipv4-special-registry
    Row{v4(0, 0, 0, 0, 32), Meaning::kNoHost, "the unspecified address"},
    Row{v4(0, 0, 0, 0, 8), Meaning::kNoHost, "an address of \"this network\" (RFC 791)"},
    Row{v4(10, 0, 0, 0, 8), Meaning::kSpecial, "a private address (RFC 1918)"},
    Row{v4(100, 64, 0, 0, 10), Meaning::kSpecial, "a shared address (RFC 6598)"},
    Row{v4(127, 0, 0, 0, 8), Meaning::kSpecial, "a loopback address"},
    Row{v4(169, 254, 0, 0, 16), Meaning::kSpecial, "a link-local address"},
    Row{v4(172, 16, 0, 0, 12), Meaning::kSpecial, "a private address (RFC 1918)"},
    Row{v4(192, 0, 0, 0, 24), Meaning::kSpecial, "an address of protocols (RFC 6890)"},
    Row{v4(192, 0, 2, 0, 24), Meaning::kSpecial, "an address of examples (RFC 5737)"},
    Row{v4(192, 88, 99, 0, 24), Meaning::kSpecial, "an address of 6to4 relays (RFC 7526)"},
    Row{v4(192, 168, 0, 0, 16), Meaning::kSpecial, "a private address (RFC 1918)"},
    Row{v4(198, 18, 0, 0, 15), Meaning::kSpecial, "an address of benchmarks (RFC 2544)"},
    Row{v4(198, 51, 100, 0, 24), Meaning::kSpecial, "an address of examples (RFC 5737)"},
    Row{v4(203, 0, 113, 0, 24), Meaning::kSpecial, "an address of examples (RFC 5737)"},
    Row{v4(224, 0, 0, 0, 4), Meaning::kNoHost, "a multicast address"},
    Row{v4(255, 255, 255, 255, 32), Meaning::kNoHost, "the broadcast address"},
    Row{v4(240, 0, 0, 0, 4), Meaning::kSpecial, "a reserved address (RFC 1112)"},
    Row{v4(0, 0, 0, 0, 0), Meaning::kPublic, ""},
    // IPv6, https://www.iana.org/assignments/iana-ipv6-special-registry
    Row{v6({0, 0, 0, 0}, 128), Meaning::kNoHost, "the unspecified address"},
    Row{v6({0, 0, 0, 0}, 128, 1), Meaning::kSpecial, "a loopback address"},
    Row{kCompatible, Meaning::kSpecial, "an IPv4-compatible address (RFC 4291)"},
    Row{kNat64, Meaning::kPublic, ""},  // as public as the IPv4 address in it
    Row{kLocalNat64, Meaning::kSpecial, "an address of local NAT64 (RFC 8215)"},
    Row{v6({0x100, 0, 0, 0}, 64), Meaning::kSpecial, "an address that is discarded (RFC 6666)"},
    Row{v6({0x2001, 2, 0, 0}, 48), Meaning::kSpecial, "an address of benchmarks (RFC 5180)"},
    Row{kTeredo, Meaning::kPublic, ""},  // as public as the IPv4 addresses in it
    Row{v6({0x2001, 0, 0, 0}, 23), Meaning::kSpecial, "an address of protocols (RFC 2928)"},
    Row{v6({0x2001, 0xdb8, 0, 0}, 32), Meaning::kSpecial, "an address of examples (RFC 3849)"},
    Row{v6({0x3fff, 0, 0, 0}, 20), Meaning::kSpecial, "an address of examples (RFC 9637)"},
    Row{v6({0x2000, 0, 0, 0}, 3), Meaning::kPublic, ""},
    Row{v6({0x5f00, 0, 0, 0}, 16), Meaning::kSpecial, "an address of SRv6 (RFC 9602)"},
    Row{v6({0xfc00, 0, 0, 0}, 7), Meaning::kSpecial, "a unique local address (RFC 4193)"},
    Row{v6({0xfe80, 0, 0, 0}, 10), Meaning::kSpecial, "a link-local address"},
    Row{v6({0xfec0, 0, 0, 0}, 10), Meaning::kSpecial, "a site-local address (RFC 3879)"},
    Row{v6({0xff00, 0, 0, 0}, 8), Meaning::kNoHost, "a multicast address"},
    Row{v6({0, 0, 0, 0}, 0), Meaning::kSpecial, "a reserved address (RFC 4291)"},
};

SixteenOctets octets_of(const SocketAddress& address) {
  const in6_addr raw = address.as_v6();
  SixteenOctets out{};
  std::memcpy(out.data(), raw.s6_addr, out.size());
  return out;
}

bool is_within(const SixteenOctets& address, const Block& block) {
  const std::size_t whole = block.bits / 8;
  if (std::memcmp(address.data(), block.base.data(), whole) != 0) return false;
  const unsigned rest = block.bits % 8;
  return rest == 0 || ((address[whole] ^ block.base[whole]) >> (8 - rest)) == 0;
}

// The four octets from `at` on; Teredo writes its client's address with every bit inverted.
SocketAddress v4_at(const SixteenOctets& address, std::size_t at, std::uint16_t port,
                    bool inverted = false) {
  sockaddr_in out{};
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::uint8_t>(inverted ? ~address[at + i] : address[at + i]);
  std::memcpy(&out.sin_addr, octets.data(), octets.size());
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&out));
}

}  // namespace

std::optional<SpecialUse> special_use(const SocketAddress& address) {
  if (address.raw()->sa_family == AF_UNSPEC) return SpecialUse{"no address", true};
  const SixteenOctets octets = octets_of(address);
  for (const Row& row : kRows) {
    if (!is_within(octets, row.block)) continue;
    if (row.meaning == Meaning::kPublic) return std::nullopt;
    return SpecialUse{row.name, row.meaning == Meaning::kNoHost};
  }
  return std::nullopt;  // not reached: the last row fits every address
}

std::vector<SocketAddress> embedded_v4(const SocketAddress& address) {
  if (!address.is_v6()) return {};
  constexpr std::size_t kAtTheEnd = 12;
  const SixteenOctets octets = octets_of(address);
  const auto port = address.port();
  if (is_within(octets, kNat64) || is_within(octets, kLocalNat64) || is_within(octets, kCompatible))
    return {v4_at(octets, kAtTheEnd, port)};
  if (is_within(octets, k6to4)) return {v4_at(octets, 2, port)};
  if (is_within(octets, kTeredo))
    return {v4_at(octets, 4, port), v4_at(octets, kAtTheEnd, port, true)};
  return {};
}

}  // namespace portcullis::net
