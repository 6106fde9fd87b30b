#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::setup {

// What a server's own configuration says, as far as the gate in front of it depends on it. All
// texts are as they stand there, so they are to be made printable before anybody sees them.
struct ServerFacts {
  std::vector<std::string> hosts;       // domains with users
  std::vector<std::string> components;  // domains of services: chat rooms, uploads, ...
  std::vector<std::uint16_t> client_ports;
  std::vector<std::uint16_t> server_ports;
  std::vector<std::string> files;  // that were read
  std::vector<std::string> notes;  // sentences: what could not be known, what else is open
};

// No server of an operator comes near these; a file that does is not looked at.
inline constexpr std::size_t kMostConfigOctets = std::size_t{1} << 20U;
inline constexpr std::size_t kMostNames = 1'000;

}  // namespace portcullis::setup
