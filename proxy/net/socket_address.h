#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"

namespace portcullis::net {

// An IPv4 or IPv6 address with port. A value. IPv4-mapped IPv6 counts as IPv4 everywhere but in
// raw(). A default-constructed one is no address: its host() is "unknown".
class SocketAddress {
 public:
  SocketAddress();
  static SocketAddress from(const sockaddr* address);
  // Only IP literals; names go through the resolver.
  static Result<SocketAddress> from(const Endpoint& endpoint);

  const sockaddr* raw() const;
  socklen_t raw_size() const;
  std::string host() const;  // without brackets; IPv4-mapped IPv6 as IPv4
  std::uint16_t port() const;
  std::string text() const;
  bool is_v6() const;  // false for IPv4-mapped
  // The address in IPv6 form, IPv4 as ::ffff:a.b.c.d.
  in6_addr as_v6() const;
  bool operator==(const SocketAddress& other) const;

 private:
  // Not sockaddr_storage, which has 128 octets: each connection keeps several addresses.
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  sa_family_t family() const { return storage_.any.sa_family; }

  Storage storage_{.v6 = {}};
};

// "10.0.0.0/8", "2001:db8::/32" or an address without a prefix length. Bits after the prefix are
// ignored.
class CidrBlock {
 public:
  static Result<CidrBlock> parse(const std::string& text);
  bool contains(const SocketAddress& address) const;
  // The length of the prefix, for IPv4 counted as in its mapped form: 96 more than the text says.
  unsigned bits() const { return bits_; }

 private:
  bool v6_ = false;
  unsigned bits_ = 0;  // counted in base_: for IPv4, 96 more than the text says
  in6_addr base_{};
};

}  // namespace portcullis::net
