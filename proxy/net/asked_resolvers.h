#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/endpoint.h"

namespace portcullis::net {

inline constexpr char kResolvConf[] = "/etc/resolv.conf";

// The addresses that resolv.conf(5) names in this text, as libunbound reads it: "192.0.2.53:53".
std::vector<std::string> nameservers(std::string_view resolv_conf);

// Which DNS servers are asked, and what says so, as half a sentence for the operator: "the resolver
// asked is 192.0.2.53:53, by servers of [dns]". `servers` are those of the configuration; if there
// are none, the text of kResolvConf counts, which is empty where there is no such file.
std::string asked_resolvers(const std::vector<Endpoint>& servers, std::string_view resolv_conf);
// The same, with the file of this machine.
std::string asked_resolvers(const std::vector<Endpoint>& servers);

}  // namespace portcullis::net
