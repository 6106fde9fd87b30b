#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/base/endpoint.h"

namespace portcullis::net {

// What the packet filter does with the streams of the backend's users. Numbers and addresses only,
// so that there is nothing in it that nft could take for its own words.
struct EgressTable {
  std::vector<std::uint32_t> users;
  // Where streams to other servers are led; without one they are refused over that protocol.
  std::optional<Endpoint> ipv4;
  std::optional<Endpoint> ipv6;
  std::vector<std::uint16_t> allowed_ports;  // anywhere, by TCP
  // Port 5270 is led there, too. Otherwise it is refused, so that a server that has tried it goes
  // on with STARTTLS at once.
  bool direct_tls = true;
};

inline constexpr char kEgressTableName[] = "portcullis";

// The ruleset for `nft -f -`. It takes the place of what is installed, in one step: nothing passes
// between the old one and the new one. Other tables are not touched.
std::string egress_ruleset(const EgressTable& table);
// The same for removing it. It is no fault if there is none.
std::string egress_removal();

}  // namespace portcullis::net
