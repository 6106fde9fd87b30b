#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/base/domain_name.h"

namespace portcullis::net {

// Our half of SOCKS5 (RFC 1928): what is said to a proxy, and what its answers mean. Pure.

// A connection to that port of that name. The name is not looked up here.
struct SocksRequest {
  DomainName name;
  std::uint16_t port = 0;
  bool operator==(const SocksRequest&) const = default;
};

// What to do next.
struct SocksWaits {};  // for more octets
struct SocksSays {
  std::string octets;
};
struct SocksConnected {};  // what follows is said by the far end
struct SocksFailed {
  enum class By : std::uint8_t {
    kProxy,  // it does not do what was asked, or is no SOCKS5 proxy
    kPeer,   // it says that the far end was not reached
  };
  By by = By::kProxy;
  std::string detail;  // half a sentence, printable
};
using SocksStep = std::variant<SocksWaits, SocksSays, SocksConnected, SocksFailed>;

// One connection to a proxy, from its beginning until the far end is there.
class SocksClient {
 public:
  // Four octets, a name with its length, a port.
  static constexpr std::size_t kLongestReply = 4 + 1 + 255 + 2;

  explicit SocksClient(SocksRequest request) : request_(std::move(request)) {}

  // What is sent first. It offers no login, and one with a user name (RFC 1929).
  static std::string greeting();
  // `octets` are all that came since the last call. Never keeps more than one octet beyond
  // kLongestReply. After SocksConnected and SocksFailed it is not called any more.
  SocksStep take(std::string_view octets);
  // The proxy has closed the connection before the far end was there.
  SocksFailed left() const;

  // Whether the proxy has the request, so that what is missing is the far end's answer.
  bool is_with_peer() const { return std::holds_alternative<AwaitsReply>(state_); }

 private:
  struct AwaitsMethod {};
  struct AwaitsLogin {};
  struct AwaitsReply {};
  struct Over {};

  SocksStep next(AwaitsMethod state);
  SocksStep next(AwaitsLogin state);
  SocksStep next(AwaitsReply state);
  SocksStep next(Over state);
  SocksStep ask();
  SocksStep fail(std::string detail);

  SocksRequest request_;
  std::variant<AwaitsMethod, AwaitsLogin, AwaitsReply, Over> state_;
  std::string heard_;  // of the answer that is awaited
};

}  // namespace portcullis::net
