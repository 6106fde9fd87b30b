#include "proxy/app/bypasses.h"

#include <pwd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "proxy/net/this_machine.h"

namespace portcullis::app {
namespace {

// Both tables together; a line has about 150 octets.
constexpr std::size_t kLongestTable = std::size_t{16} * 1024 * 1024;

bool is_of_xmpp_servers(std::uint16_t port) {
  return port == 5269 || port == 5270;
}

}  // namespace

std::string read_socket_tables() {
  std::string tables;
  for (const auto* const path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream in(path);
    std::array<char, std::size_t{64} * 1024> part{};
    while (tables.size() < kLongestTable && (in.read(part.data(), part.size()), in.gcount() > 0))
      tables.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  return tables;
}

std::vector<net::OpenConnection> find_bypasses(std::string_view table, std::uint32_t own_user) {
  auto found = net::read_socket_table(table, &is_of_xmpp_servers);
  std::erase_if(found, [own_user](const net::OpenConnection& one) {
    return one.user == own_user || net::whose_address(one.remote) != net::Whose::kOthers;
  });
  return found;
}

std::string user_text(std::uint32_t user) {
  std::array<char, 1024> strings{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, strings.data(), strings.size(), &found) != 0 || found == nullptr)
    return std::to_string(user);
  return std::string(found->pw_name) + " (" + std::to_string(user) + ")";
}

}  // namespace portcullis::app
