#pragma once

#include <cstddef>
#include <optional>

#include "policy/model/config.h"

// Hosts behind one gate whose servers are not the same program.
namespace portcullis::policy {

// Whether one program listens at both, as far as can be told without asking anybody. A name may
// lead anywhere, so two names are two programs; but localhost, 127.0.0.1 and ::1 are one. Two
// addresses are two programs, 127.0.0.1 and 127.0.0.2 as well: with the same port at both, two
// programs can be told apart only so.
bool is_one_server(const Endpoint& one, const Endpoint& other);

// The program of this host that can be connected with another one behind the gate: a number that
// hosts on the same program share. nullopt: it takes no streams of other servers, or knows them by
// dialback, or nothing goes out through the gate.
std::optional<std::size_t> program_of(const Config& config, const Host& host);

// Whether the gate connects these two domains itself: both are served here, by two programs that
// both take streams of other servers, and know each other by certificates.
bool are_connected(const Config& config, const DomainName& local, const DomainName& remote);

}  // namespace portcullis::policy
