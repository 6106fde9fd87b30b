#include "proxy/app/egress_plan.h"

#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace portcullis::app {
namespace {

std::optional<std::uint32_t> number_of(const std::string& user) {
  std::uint32_t number = 0;
  const auto* const end = user.data() + user.size();
  const auto [stop, error] = std::from_chars(user.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::optional<std::uint32_t> find_user(const std::string& user) {
  if (const auto number = number_of(user)) return number;
  const passwd* const found = getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe)
  return found != nullptr ? std::optional<std::uint32_t>(found->pw_uid) : std::nullopt;
}

bool is_ipv6(const Endpoint& endpoint) {
  return endpoint.host.find(':') != std::string::npos;
}

// The first of that family.
std::optional<Endpoint> listener_of(const policy::Config& config, bool ipv6) {
  const auto& all = config.outbound.listen;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return is_ipv6(each) == ipv6; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

bool observes_anybody(const policy::Config& config) {
  const auto& rules = config.s2s.rules;
  return config.s2s.settings.mode == policy::Mode::kObserve ||
         std::any_of(rules.begin(), rules.end(),
                     [](const auto& rule) { return rule.settings.mode == policy::Mode::kObserve; });
}

}  // namespace

Result<net::EgressTable> egress_table_of(const policy::Config& config) {
  net::EgressTable table;
  const auto own = find_user(config.process.user);
  for (const auto& name : config.outbound.backend_users) {
    const auto user = find_user(name);
    if (!user)
      return fail("outbound.backend_users: there is no user \"" + name +
                  "\" on this machine; make it, or name another");
    if (*user == 0)
      return fail("outbound.backend_users: \"" + name +
                  "\" is root, as which too much else runs; let the backend run as a user of its "
                  "own");
    if (user == own)
      return fail("outbound.backend_users: \"" + name +
                  "\" is process.user, so our own streams to other servers would come back to us; "
                  "let the backend run as another user");
    if (std::find(table.users.begin(), table.users.end(), *user) == table.users.end())
      table.users.push_back(*user);
  }
  table.ipv4 = listener_of(config, false);
  table.ipv6 = listener_of(config, true);
  table.allowed_ports = config.outbound.allowed_ports;
  table.direct_tls = !observes_anybody(config);
  return table;
}

std::string egress_sentence(const policy::Config& config, const net::EgressTable& table) {
  std::string users;
  for (const auto& name : config.outbound.backend_users)
    users += (users.empty() ? "" : ", ") + name;
  const auto led = [](const std::optional<Endpoint>& listener) {
    return listener ? "to " + listener->text() : std::string("nowhere, and are refused");
  };
  return "capture: \"portcullis egress --install\" leads the streams of " + users + " over IPv4 " +
         led(table.ipv4) + "; over IPv6 " + led(table.ipv6);
}

}  // namespace portcullis::app
