#pragma once

#include <string_view>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::app {

// What is wrong with the resolvers that this machine names, where the configuration names none in
// `dns.servers`. `resolv_conf` is the text of net::kResolvConf; empty if there is none.
policy::Diagnostics check_system_resolver(const policy::Config& config,
                                          std::string_view resolv_conf);

}  // namespace portcullis::app
