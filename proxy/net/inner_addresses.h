#pragma once

#include <string>
#include <string_view>

namespace portcullis::net {

// The text with a few words in the place of each IP address that is not of the public Internet (see
// special_use). For what the operator's own server says to others: it sees our addresses, and those
// of the network that it is in. Pure.
std::string without_inner_addresses(std::string_view text);

}  // namespace portcullis::net
