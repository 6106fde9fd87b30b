#pragma once

#include "policy/model/config.h"
#include "proxy/base/result.h"
#include "proxy/net/egress_table.h"

namespace portcullis::app {

// What `capture = "nftables"` asks of the packet filter, with the users of this machine looked up.
// Fails with what is missing; the configuration must ask for that capture.
Result<net::EgressTable> egress_table_of(const policy::Config& config);

// What is led where, in one line.
std::string egress_sentence(const policy::Config& config, const net::EgressTable& table);

}  // namespace portcullis::app
