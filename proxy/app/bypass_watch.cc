#include "proxy/app/bypass_watch.h"

#include <unistd.h>

#include <cstdint>
#include <utility>

#include "proxy/app/bypasses.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

// Users that were warned of and are remembered.
constexpr std::size_t kUsers = 16;

}  // namespace

BypassWatch::Machine BypassWatch::this_machine(std::function<bool()> is_captured) {
  return {std::move(is_captured), &read_socket_tables, geteuid()};
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
  const auto found = machine_.is_captured() ? find_bypasses(machine_.table(), machine_.own_user)
                                            : std::vector<net::OpenConnection>();
  metrics_.connections.around_the_gate(found.size());
  found_ = {found.size(), found.empty() ? std::string() : user_text(found.front().user)};
  std::map<std::uint32_t, std::pair<net::OpenConnection, std::size_t>> of_users;
  for (const auto& one : found) ++of_users.try_emplace(one.user, one, 0).first->second.second;
  for (const auto& [user, connections] : of_users) warn(connections.first, connections.second);
}

void BypassWatch::warn(const net::OpenConnection& connection, std::size_t count) {
  const auto last = warned_.find(connection.user);
  if (last != warned_.end() && loop_.now() - last->second < timing_.between_warnings) return;
  if (last == warned_.end() && warned_.size() >= kUsers) return;
  warned_[connection.user] = loop_.now();
  log_.write(telemetry::Severity::kWarning, log_event::kBackend,
             {{log_field::kAddress, connection.remote.text()},
              {log_field::kDetail,
               "the user " + user_text(connection.user) + " of this machine is connected to " +
                   std::to_string(count) + (count == 1 ? " port" : " ports") +
                   " of XMPP servers elsewhere, past Portcullis. If that is your server, its "
                   "resolver does not ask at the address of outbound.dns: name it in the server's "
                   "configuration (portcullis explain with its kind, such as prosody), and start "
                   "the server anew"}});
}

}  // namespace portcullis::app
