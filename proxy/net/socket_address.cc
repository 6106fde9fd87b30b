#include "proxy/net/socket_address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

namespace portcullis::net {
namespace {

constexpr unsigned kMappedBits = 96;  // ::ffff:0:0/96

bool is_mapped(const in6_addr& address) {
  return IN6_IS_ADDR_V4MAPPED(&address);
}

in6_addr mapped(const in_addr& address) {
  in6_addr out{};
  out.s6_addr[10] = out.s6_addr[11] = 0xff;
  std::memcpy(&out.s6_addr[12], &address, sizeof address);
  return out;
}

std::string address_text(const in6_addr& address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (is_mapped(address))
    inet_ntop(AF_INET, &address.s6_addr[12], buffer.data(), buffer.size());
  else
    inet_ntop(AF_INET6, &address, buffer.data(), buffer.size());
  return buffer.data();
}

bool same_prefix(const in6_addr& a, const in6_addr& b, unsigned bits) {
  const std::size_t octets = bits / 8;
  if (std::memcmp(&a, &b, octets) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((a.s6_addr[octets] ^ b.s6_addr[octets]) & mask) == 0;
}

}  // namespace

SocketAddress::SocketAddress() {
  storage_.any.sa_family = AF_UNSPEC;
}

SocketAddress SocketAddress::from(const sockaddr* address) {
  SocketAddress out;
  if (address == nullptr) return out;
  if (address->sa_family == AF_INET) std::memcpy(&out.storage_, address, sizeof(sockaddr_in));
  if (address->sa_family == AF_INET6) std::memcpy(&out.storage_, address, sizeof(sockaddr_in6));
  return out;
}

Result<SocketAddress> SocketAddress::from(const Endpoint& endpoint) {
  sockaddr_in in{};
  if (inet_pton(AF_INET, endpoint.host.c_str(), &in.sin_addr) == 1) {
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    return from(reinterpret_cast<const sockaddr*>(&in));
  }
  sockaddr_in6 in6{};
  if (inet_pton(AF_INET6, endpoint.host.c_str(), &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(endpoint.port);
    return from(reinterpret_cast<const sockaddr*>(&in6));
  }
  return fail("\"" + endpoint.host +
              "\" is no IP address; write \"127.0.0.1:5269\" or \"[::1]:5269\"");
}

const sockaddr* SocketAddress::raw() const {
  return &storage_.any;
}

socklen_t SocketAddress::raw_size() const {
  if (family() == AF_INET) return sizeof(sockaddr_in);
  if (family() == AF_INET6) return sizeof(sockaddr_in6);
  return sizeof storage_;
}

in6_addr SocketAddress::as_v6() const {
  if (family() == AF_INET) return mapped(storage_.v4.sin_addr);
  if (family() == AF_INET6) return storage_.v6.sin6_addr;
  return {};
}

std::string SocketAddress::host() const {
  return family() == AF_UNSPEC ? "unknown" : address_text(as_v6());
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

std::string SocketAddress::text() const {
  return Endpoint{host(), port()}.text();
}

bool SocketAddress::is_v6() const {
  return family() == AF_INET6 && !is_mapped(storage_.v6.sin6_addr);
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  if ((family() == AF_UNSPEC) != (other.family() == AF_UNSPEC)) return false;
  const in6_addr mine = as_v6();
  const in6_addr theirs = other.as_v6();
  return port() == other.port() && std::memcmp(&mine, &theirs, sizeof mine) == 0;
}

Result<CidrBlock> CidrBlock::parse(const std::string& text) {
  const auto bad = [&](const std::string& why) {
    return fail("\"" + text + "\" is no address block: " + why +
                "; write \"10.0.0.0/8\", \"2001:db8::/32\" or one address");
  };
  const auto slash = text.find('/');
  const auto address = SocketAddress::from(Endpoint{text.substr(0, slash), 0});
  if (!address) return bad("the part before \"/\" is no IP address");

  CidrBlock block;
  block.base_ = address->as_v6();
  block.bits_ = 128;
  if (slash != std::string::npos) {
    // "::ffff:10.0.0.0/104" is written with the bits of IPv6 though it means IPv4.
    const unsigned offset = address->raw()->sa_family == AF_INET ? kMappedBits : 0;
    unsigned bits = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || rest != end) return bad("the prefix length is no number");
    if (bits > 128 - offset)
      return bad("the prefix is longer than " + std::to_string(128 - offset) + " bits");
    block.bits_ = bits + offset;
  }
  // A prefix shorter than 96 bits around a mapped address spans more than IPv4.
  block.v6_ = address->is_v6() || block.bits_ < kMappedBits;
  return block;
}

bool CidrBlock::contains(const SocketAddress& address) const {
  if (address.raw()->sa_family == AF_UNSPEC || address.is_v6() != v6_) return false;
  return same_prefix(address.as_v6(), base_, bits_);
}

}  // namespace portcullis::net
