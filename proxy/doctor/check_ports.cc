#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "proxy/doctor/checks.h"
#include "proxy/net/special_addresses.h"

namespace portcullis::doctor {
namespace {

constexpr std::string_view kGateProgram = "portcullis";

// Where this user may see neither whose the socket is nor who the gate is.
bool may_be_of_the_gate(const ListeningSocket& socket, const std::optional<RunningGate>& gate) {
  return gate && !gate->user_is_known && !socket.process;
}

bool is_any(const net::SocketAddress& address) {
  const auto host = address.host();
  return host == "0.0.0.0" || host == "::";
}

// What XMPP servers listen on beside the ports that the gate has.
struct PortOfServers {
  std::uint16_t port;
  std::string_view what;
};
constexpr std::array kPortsOfServers{
    PortOfServers{5222, "clients"},
    PortOfServers{5223, "clients, by direct TLS"},
    PortOfServers{5269, "other servers"},
    PortOfServers{5270, "other servers, by direct TLS"},
    PortOfServers{5275, "components, in the clear (Openfire)"},
    PortOfServers{5276, "components, by TLS (Openfire)"},
    PortOfServers{5280, "BOSH and WebSocket, in the clear (Prosody, ejabberd)"},
    PortOfServers{5281, "BOSH and WebSocket, by the server's own TLS (Prosody)"},
    PortOfServers{5347, "components, in the clear (Prosody, jabberd2)"},
    PortOfServers{5443, "BOSH and WebSocket, by the server's own TLS (ejabberd)"},
    PortOfServers{5582, "the administration console (Prosody)"},
    PortOfServers{7070, "BOSH and WebSocket, in the clear (Openfire)"},
    PortOfServers{7443, "BOSH and WebSocket, by the server's own TLS (Openfire)"},
    PortOfServers{8888, "components, in the clear (ejabberd)"},
    PortOfServers{9090, "the administration console, in the clear (Openfire)"},
    PortOfServers{9091, "the administration console, by the server's own TLS (Openfire)"},
};

const PortOfServers* port_of_servers(std::uint16_t port) {
  const auto* const found =
      std::find_if(kPortsOfServers.begin(), kPortsOfServers.end(),
                   [port](const PortOfServers& one) { return one.port == port; });
  return found == kPortsOfServers.end() ? nullptr : found;
}

// A listener of the configuration, and all sockets that listen there.
void check_listener(const OwnListener& own, const PortFacts& ports,
                    const std::optional<RunningGate>& gate, Report& report) {
  if (!own.is_here)
    report.add(Finding::kAddressNotHere, own.path,
               own.address.text() + " is no address of this machine");
  bool held = false;
  for (const auto& socket : ports.listening) {
    if (!overlap(socket.address, own.address)) continue;
    if (is_of_the_gate(socket, gate) || may_be_of_the_gate(socket, gate)) {
      held |= socket.address == own.address;
      continue;
    }
    const auto what = fmt::format(
        "{} is served by {}{}", own.address.text(), holder_text(socket),
        socket.address == own.address ? "" : ", which listens at " + socket.address.text());
    report.add(socket.program == kGateProgram ? Finding::kAnotherGate : Finding::kPortTaken,
               own.path, what);
  }
  if (gate && ports.is_known && own.is_here && !held)
    report.add(Finding::kGateLacksPort, own.path,
               "the gate runs, but does not listen at " + own.address.text());
}

}  // namespace

bool overlap(const net::SocketAddress& listener, const net::SocketAddress& address) {
  if (listener.port() != address.port()) return false;
  if (listener == address) return true;
  // "::" takes IPv4, too; "0.0.0.0" does not take IPv6.
  const auto takes_all = [](const net::SocketAddress& one, const net::SocketAddress& other) {
    return is_any(one) && (one.is_v6() || !other.is_v6());
  };
  return takes_all(listener, address) || takes_all(address, listener);
}

bool is_loopback(const net::SocketAddress& address) {
  const auto host = address.host();
  return host == "::1" || (!address.is_v6() && host.starts_with("127."));
}

bool is_of_the_gate(const ListeningSocket& socket, const std::optional<RunningGate>& gate) {
  if (!gate) return false;
  return socket.process && gate->process != 0 ? *socket.process == gate->process
                                              : gate->user_is_known && socket.user == gate->user;
}

std::string holder_text(const ListeningSocket& socket) {
  if (!socket.process) return "a program of user " + socket.user_name;
  return fmt::format("{} (process {}) of user {}", socket.program, *socket.process,
                     socket.user_name);
}

void check_ports(const PortFacts& ports, const std::optional<RunningGate>& gate, Report& report) {
  for (const auto& own : ports.own) check_listener(own, ports, gate, report);
  const auto is_unseen = [&ports](const ListeningSocket& socket) {
    return !socket.process &&
           std::any_of(ports.own.begin(), ports.own.end(), [&socket](const OwnListener& own) {
             return overlap(socket.address, own.address);
           });
  };
  if (!ports.is_known)
    report.add(Finding::kProcessesUnseen, "listen",
               "the sockets of this machine cannot be seen: /proc/net/tcp cannot be read");
  else if (std::any_of(ports.listening.begin(), ports.listening.end(), is_unseen))
    report.add(Finding::kProcessesUnseen, "listen",
               ports.as_root ? "which program holds one of the gate's ports cannot be seen"
                             : "which program holds one of the gate's ports could not be seen as "
                               "this user; run with sudo");
}

void check_exposure(const policy::Config& config, const PortFacts& ports,
                    const std::optional<RunningGate>& gate, Report& report) {
  const auto is_own = [&](const ListeningSocket& socket) {
    return is_of_the_gate(socket, gate) ||
           std::any_of(ports.own.begin(), ports.own.end(), [&socket](const OwnListener& own) {
             return overlap(socket.address, own.address);
           });
  };
  for (std::size_t i = 0; i < config.hosts.size(); ++i) {
    const auto& backend = config.hosts[i].backend;
    const auto look = [&](const std::optional<Endpoint>& endpoint, std::string_view key) {
      if (!endpoint) return;
      for (const auto& socket : ports.listening) {
        if (socket.address.port() != endpoint->port || is_loopback(socket.address) ||
            is_own(socket))
          continue;
        report.add(Finding::kBackendPortOpen, fmt::format("host[{}].backend.{}", i, key),
                   fmt::format("port {} of your own server ({}) listens at {}: {}", endpoint->port,
                               key, socket.address.text(), holder_text(socket)));
      }
    };
    look(backend.s2s, "s2s");
    look(backend.c2s, "c2s");
  }
  const auto is_of_a_backend = [&config](std::uint16_t port) {
    return std::any_of(config.hosts.begin(), config.hosts.end(), [port](const policy::Host& host) {
      return (host.backend.s2s && host.backend.s2s->port == port) ||
             (host.backend.c2s && host.backend.c2s->port == port);
    });
  };
  for (const auto& socket : ports.listening) {
    const auto* const known = port_of_servers(socket.address.port());
    if (known == nullptr || is_loopback(socket.address) || is_own(socket) ||
        is_of_a_backend(socket.address.port()))
      continue;
    report.add(Finding::kServerPortOpen, "host",
               fmt::format("{} listens at {}, which servers use for {}", holder_text(socket),
                           socket.address.text(), known->what));
  }
  if (!config.listen.admin) return;
  const auto admin = net::SocketAddress::from(*config.listen.admin);
  if (admin && !is_loopback(*admin))
    report.add(Finding::kAdminOpen, "listen.admin",
               "the admin address " + admin->text() + " is not on the loopback interface");
}

}  // namespace portcullis::doctor
