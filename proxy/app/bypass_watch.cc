#include "proxy/app/bypass_watch.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/net/this_machine.h"

namespace portcullis::app {
namespace {

// Both tables together; a line has about 150 octets.
constexpr std::size_t kLongestTable = std::size_t{16} * 1024 * 1024;
// Users that were warned of and are remembered.
constexpr std::size_t kUsers = 16;

bool is_of_xmpp_servers(std::uint16_t port) {
  return port == 5269 || port == 5270;
}

std::string read_tables() {
  std::string tables;
  for (const auto* const path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream in(path);
    std::array<char, std::size_t{64} * 1024> part{};
    while (tables.size() < kLongestTable && (in.read(part.data(), part.size()), in.gcount() > 0))
      tables.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  return tables;
}

std::string name_of(std::uint32_t user) {
  std::array<char, 1024> strings{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, strings.data(), strings.size(), &found) != 0 || found == nullptr)
    return std::to_string(user);
  return std::string(found->pw_name) + " (" + std::to_string(user) + ")";
}

}  // namespace

BypassWatch::Machine BypassWatch::this_machine(std::function<bool()> is_captured) {
  return {std::move(is_captured), &read_tables, geteuid()};
}

BypassWatch::BypassWatch(net::Loop& loop, Timing timing, Machine machine,
                         telemetry::Metrics& metrics, telemetry::Log& log)
    : loop_(loop),
      timing_(timing),
      machine_(std::move(machine)),
      metrics_(metrics),
      log_(log),
      timer_(loop, [this] { look(); }) {
  timer_.start(timing_.look);
}

void BypassWatch::look() {
  timer_.start(timing_.look);
  const auto found = machine_.is_captured() ? find() : std::vector<net::OpenConnection>();
  metrics_.connections.around_the_gate(found.size());
  std::map<std::uint32_t, std::pair<net::OpenConnection, std::size_t>> of_users;
  for (const auto& one : found) ++of_users.try_emplace(one.user, one, 0).first->second.second;
  for (const auto& [user, connections] : of_users) warn(connections.first, connections.second);
}

// Servers on this machine are no way to the Internet.
std::vector<net::OpenConnection> BypassWatch::find() const {
  auto found = net::read_socket_table(machine_.table(), &is_of_xmpp_servers);
  std::erase_if(found, [this](const net::OpenConnection& one) {
    return one.user == machine_.own_user || net::whose_address(one.remote) != net::Whose::kOthers;
  });
  return found;
}

void BypassWatch::warn(const net::OpenConnection& connection, std::size_t count) {
  const auto last = warned_.find(connection.user);
  if (last != warned_.end() && loop_.now() - last->second < timing_.between_warnings) return;
  if (last == warned_.end() && warned_.size() >= kUsers) return;
  warned_[connection.user] = loop_.now();
  log_.write(telemetry::Severity::kWarning, log_event::kBackend,
             {{log_field::kAddress, connection.remote.text()},
              {log_field::kDetail,
               "the user " + name_of(connection.user) + " of this machine is connected to " +
                   std::to_string(count) + (count == 1 ? " port" : " ports") +
                   " of XMPP servers elsewhere, past Portcullis. If that is your server, its "
                   "resolver does not ask at the address of outbound.dns: name it in the server's "
                   "configuration (portcullis explain with its kind, such as prosody), and start "
                   "the server anew"}});
}

}  // namespace portcullis::app
