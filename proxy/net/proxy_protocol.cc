#include "proxy/net/proxy_protocol.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include "proxy/base/octets.h"

namespace portcullis::net {
namespace {

using namespace std::string_view_literals;

constexpr auto kV1Prefix = "PROXY "sv;
constexpr auto kV2Signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kV1Max = 107;      // section 2.1, CR LF included
constexpr std::size_t kV2Fixed = 16;     // signature, version and command, family, length
constexpr std::size_t kV2MaxRest = 512;  // addresses and TLVs; a limit of our own
constexpr std::size_t kV2Inet4 = 12;
constexpr std::size_t kV2Inet6 = 36;
constexpr std::size_t kV2Unix = 216;

constexpr std::uint8_t kVersion2 = 0x20;
constexpr std::uint8_t kCommandProxy = 0x01;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;

std::uint8_t octet(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(Octets(bytes.substr(at)).number(2));
}

SocketAddress make_v4(std::string_view address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  std::memcpy(&out.sin_addr, address.data(), sizeof out.sin_addr);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&out));
}

SocketAddress make_v6(std::string_view address, std::uint16_t port) {
  sockaddr_in6 out{};
  out.sin6_family = AF_INET6;
  out.sin6_port = htons(port);
  std::memcpy(&out.sin6_addr, address.data(), sizeof out.sin6_addr);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&out));
}

// Section 2.1 demands digits without a leading zero.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return port;
}

std::optional<SocketAddress> parse_address(std::string_view protocol, std::string_view host,
                                           std::uint16_t port) {
  const bool v6 = protocol == "TCP6";
  if (host.find('\0') != std::string_view::npos) return std::nullopt;
  std::array<char, sizeof(in6_addr)> raw{};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, std::string(host).c_str(), raw.data()) != 1)
    return std::nullopt;
  const std::string_view bytes(raw.data(), raw.size());
  return v6 ? make_v6(bytes, port) : make_v4(bytes, port);
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto blank = line.find(' ');
    words.push_back(line.substr(0, blank));
    if (blank == std::string_view::npos) return words;
    line.remove_prefix(blank + 1);
  }
}

ProxyHeaderResult parse_v1(std::string_view bytes) {
  const auto end = bytes.substr(0, kV1Max).find("\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= kV1Max) return ProxyHeaderInvalid{"the line is longer than 107 octets"};
    return ProxyHeaderIncomplete{};
  }
  const std::size_t size = end + 2;
  const auto words = split(bytes.substr(0, end));
  // What follows UNKNOWN must be ignored (section 2.1).
  if (words[1] == "UNKNOWN") return ProxyHeader{size, std::nullopt};
  if (words[1] != "TCP4" && words[1] != "TCP6")
    return ProxyHeaderInvalid{"the protocol is not TCP4, TCP6 or UNKNOWN"};
  if (words.size() != 6) return ProxyHeaderInvalid{"not two addresses and two ports"};
  const auto source_port = parse_port(words[4]);
  const auto destination_port = parse_port(words[5]);
  if (!source_port || !destination_port) return ProxyHeaderInvalid{"a port is no number"};
  const auto source = parse_address(words[1], words[2], *source_port);
  if (!source || !parse_address(words[1], words[3], *destination_port))
    return ProxyHeaderInvalid{"an address does not fit the protocol"};
  return ProxyHeader{size, source};
}

ProxyHeaderResult parse_v2_addresses(std::uint8_t family, std::string_view rest, std::size_t size) {
  switch (family) {
    case kTcp4:
      if (rest.size() < kV2Inet4) return ProxyHeaderInvalid{"too short for IPv4 addresses"};
      return ProxyHeader{size, make_v4(rest.substr(0, 4), number_at(rest, 8)),
                         rest.substr(kV2Inet4)};
    case kTcp6:
      if (rest.size() < kV2Inet6) return ProxyHeaderInvalid{"too short for IPv6 addresses"};
      return ProxyHeader{size, make_v6(rest.substr(0, 16), number_at(rest, 32)),
                         rest.substr(kV2Inet6)};
    case 0x00:  // unspecified
      return ProxyHeader{size, std::nullopt};
    case 0x31:  // a Unix stream socket: it has no address that limits could count
      if (rest.size() < kV2Unix) return ProxyHeaderInvalid{"too short for Unix addresses"};
      return ProxyHeader{size, std::nullopt};
    default:
      return ProxyHeaderInvalid{"the address family or protocol is not that of a stream"};
  }
}

ProxyHeaderResult parse_v2(std::string_view bytes) {
  constexpr std::size_t kVersionAt = 12;
  constexpr std::size_t kFamilyAt = 13;
  constexpr std::size_t kLengthAt = 14;
  // Each octet is judged as soon as it is there: we do not wait for the rest of an invalid header.
  if (bytes.size() > kVersionAt) {
    const auto version = octet(bytes, kVersionAt);
    if ((version & 0xf0) != kVersion2) return ProxyHeaderInvalid{"the version is not 2"};
    if ((version & 0x0f) > kCommandProxy) return ProxyHeaderInvalid{"the command is unknown"};
  }
  if (bytes.size() < kV2Fixed) return ProxyHeaderIncomplete{};
  const std::size_t length = number_at(bytes, kLengthAt);
  if (length > kV2MaxRest) return ProxyHeaderInvalid{"it is longer than 528 octets"};
  const std::size_t size = kV2Fixed + length;
  if (bytes.size() < size) return ProxyHeaderIncomplete{};
  const bool local = (octet(bytes, kVersionAt) & 0x0f) != kCommandProxy;
  if (local) return ProxyHeader{size, std::nullopt};
  return parse_v2_addresses(octet(bytes, kFamilyAt), bytes.substr(kV2Fixed, length), size);
}

std::string address_text(const SocketAddress& address, bool v6) {
  if (address.is_v6() || !v6) return address.host();
  return "::ffff:" + address.host();
}

std::string write_v1(const SocketAddress& source, const SocketAddress& destination, bool v6) {
  return "PROXY " + std::string(v6 ? "TCP6 " : "TCP4 ") + address_text(source, v6) + " " +
         address_text(destination, v6) + " " + std::to_string(source.port()) + " " +
         std::to_string(destination.port()) + "\r\n";
}

void append_address(std::string& out, const SocketAddress& address, bool v6) {
  const in6_addr raw = address.as_v6();
  constexpr std::size_t kMappedPrefix = 12;
  const std::size_t skip = v6 ? 0 : kMappedPrefix;
  out.append(reinterpret_cast<const char*>(&raw) + skip, sizeof raw - skip);
}

std::string write_v2(const SocketAddress& source, const SocketAddress& destination, bool v6,
                     std::string_view tlvs) {
  std::string out(kV2Signature);
  out += static_cast<char>(kVersion2 | kCommandProxy);
  out += static_cast<char>(v6 ? kTcp6 : kTcp4);
  append_number(out, static_cast<std::uint32_t>((v6 ? kV2Inet6 : kV2Inet4) + tlvs.size()), 2);
  append_address(out, source, v6);
  append_address(out, destination, v6);
  append_number(out, source.port(), 2);
  append_number(out, destination.port(), 2);
  out.append(tlvs);
  return out;
}

}  // namespace

std::string chosen_tlvs(std::string_view tlvs, std::span<const std::uint8_t> types) {
  constexpr std::size_t kFixed = 3;  // its type, and the length of its value
  std::string chosen;
  while (tlvs.size() >= kFixed) {
    const std::size_t size = kFixed + number_at(tlvs, 1);
    if (size > tlvs.size()) break;
    if (std::find(types.begin(), types.end(), octet(tlvs, 0)) != types.end())
      chosen.append(tlvs.substr(0, size));
    tlvs.remove_prefix(size);
  }
  return chosen;
}

ProxyHeaderResult parse_proxy_header(std::string_view bytes) {
  const auto begins = [bytes](std::string_view prefix) {
    return bytes.substr(0, prefix.size()) == prefix.substr(0, bytes.size());
  };
  if (begins(kV1Prefix))
    return bytes.size() < kV1Prefix.size() ? ProxyHeaderIncomplete{} : parse_v1(bytes);
  if (begins(kV2Signature))
    return bytes.size() < kV2Signature.size() ? ProxyHeaderIncomplete{} : parse_v2(bytes);
  return ProxyHeaderInvalid{"it does not begin with a PROXY header"};
}

std::string write_proxy_header(policy::ProxyProtocol version, const SocketAddress& source,
                               const SocketAddress& destination, std::string_view tlvs) {
  const bool known =
      source.raw()->sa_family != AF_UNSPEC && destination.raw()->sa_family != AF_UNSPEC;
  // The header has one family for both addresses. So if only one of them is IPv6, the other one is
  // written as IPv4-mapped IPv6.
  const bool v6 = source.is_v6() || destination.is_v6();
  switch (version) {
    case policy::ProxyProtocol::kOff:
      return {};
    case policy::ProxyProtocol::kV1:
      return known ? write_v1(source, destination, v6) : "PROXY UNKNOWN\r\n";
    case policy::ProxyProtocol::kV2:
      return known ? write_v2(source, destination, v6, tlvs)
                   : std::string(kV2Signature) + std::string("\x20\0\0\0", 4);
  }
  return {};
}

}  // namespace portcullis::net
