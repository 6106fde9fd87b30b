#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/socket_table.h"

namespace portcullis::app {

// Both tables of TCP sockets of this network namespace, one after the other; empty where they
// cannot be read.
std::string read_socket_tables();

// The connections to ports of XMPP servers elsewhere that another user than `own_user` has, and
// that so go around the gate. Servers on this machine are no way to the Internet.
std::vector<net::OpenConnection> find_bypasses(std::string_view table, std::uint32_t own_user);

// "prosody (105)"
std::string user_text(std::uint32_t user);

}  // namespace portcullis::app
