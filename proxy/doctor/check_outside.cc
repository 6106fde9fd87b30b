#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "proxy/doctor/checks.h"

namespace portcullis::doctor {
namespace {

using Service = ServiceRecords::Service;
using Outcome = ServiceRecords::Outcome;
using Target = ServiceRecords::Target;

constexpr std::size_t kShownAddresses = 4;
constexpr std::uint16_t kServerPort = 5269;  // RFC 6120 section 14.7
constexpr std::uint16_t kClientPort = 5222;

std::string_view label_of(Service service) {
  switch (service) {
    case Service::kServer:
      return "_xmpp-server._tcp.";
    case Service::kServerDirect:
      return "_xmpps-server._tcp.";
    case Service::kClient:
      return "_xmpp-client._tcp.";
    case Service::kClientDirect:
      return "_xmpps-client._tcp.";
  }
  return "";
}

bool is_for_clients(Service service) {
  return service == Service::kClient || service == Service::kClientDirect;
}

const std::vector<Endpoint>& listeners_for(const policy::Config& config, Service service) {
  switch (service) {
    case Service::kServer:
      return config.listen.s2s;
    case Service::kServerDirect:
      return config.listen.s2s_direct;
    case Service::kClient:
      return config.listen.c2s;
    case Service::kClientDirect:
      break;
  }
  return config.listen.c2s_direct;
}

bool has_port(const std::vector<Endpoint>& listeners, std::uint16_t port) {
  return std::any_of(listeners.begin(), listeners.end(),
                     [port](const Endpoint& one) { return one.port == port; });
}

bool is_port_of_a_backend(const policy::Config& config, std::uint16_t port) {
  return std::any_of(config.hosts.begin(), config.hosts.end(), [port](const policy::Host& host) {
    return (host.backend.s2s && host.backend.s2s->port == port) ||
           (host.backend.c2s && host.backend.c2s->port == port);
  });
}

std::string texts(const std::vector<net::SocketAddress>& addresses) {
  std::string text;
  for (std::size_t i = 0; i < addresses.size() && i < kShownAddresses; ++i)
    text += (i == 0 ? "" : ", ") + addresses[i].host();
  return addresses.size() > kShownAddresses ? text + ", ..." : text;
}

// The records of one name for servers, or for clients.
class NameCheck {
 public:
  NameCheck(const policy::Config& config, const NameRecords& name, bool clients, Report& report)
      : config_(config), name_(name), clients_(clients), report_(report) {}

  void run() {
    for (const auto& service : name_.services)
      if (is_for_clients(service.service) == clients_) look(service);
    if (unknown_ || denied_) return;
    if (!has_records_) return fall_back();
    if (!leads_here_ && !elsewhere_.empty()) tell_elsewhere("the SRV records of", elsewhere_);
  }

 private:
  void look(const ServiceRecords& service) {
    const auto owner = std::string(label_of(service.service)) + name_.name.a_label();
    if (service.outcome == Outcome::kUnknown) {
      unknown_ = true;
      return report_.add(Finding::kRecordsUnknown, name_.path,
                         owner + " SRV could not be looked up: " + service.detail);
    }
    for (const auto& target : service.targets) look(service.service, owner, target);
  }

  void look(Service service, const std::string& owner, const Target& target) {
    has_records_ = true;
    // Of direct TLS it only says that there is STARTTLS instead.
    if (target.denied) {
      const bool is_direct = service == Service::kServerDirect || service == Service::kClientDirect;
      if (is_direct) return;
      denied_ = true;
      return report_.add(Finding::kServiceDenied, name_.path, owner + " SRV has the target \".\"");
    }
    if (target.is_literal)
      report_.add(Finding::kTargetIsNoName, name_.path,
                  fmt::format("{} SRV has the target {}", owner, target.host));
    if (target.addresses.empty()) {
      if (target.is_known)
        report_.add(Finding::kTargetWithoutAddress, name_.path,
                    fmt::format("{} SRV names {}, which has no address", owner, target.host));
      else
        report_.add(Finding::kRecordsUnknown, name_.path, target.host + " could not be looked up");
      return;
    }
    elsewhere_.insert(elsewhere_.end(), target.addresses.begin(), target.addresses.end());
    if (target.here.empty()) return;
    leads_here_ = true;
    if (has_port(listeners_for(config_, service), target.port)) return;
    const auto what = fmt::format("{} SRV leads to {} port {} ({})", owner, target.host,
                                  target.port, texts(target.here));
    if (is_port_of_a_backend(config_, target.port))
      report_.add(Finding::kRecordLeadsToBackend, name_.path, what);
    else
      report_.add(Finding::kRecordOfWrongPort, name_.path, what);
  }

  void fall_back() {
    const auto port = clients_ ? kClientPort : kServerPort;
    const auto& listeners = clients_ ? config_.listen.c2s : config_.listen.s2s;
    const auto& domain = name_.name.a_label();
    if (!name_.own.is_known)
      return report_.add(Finding::kRecordsUnknown, name_.path, domain + " could not be looked up");
    const std::string for_whom = clients_ ? "clients" : "other servers";
    if (name_.own.addresses.empty())
      return report_.add(
          Finding::kNoServerRecords, name_.path,
          fmt::format("{} has no SRV records for {}, and no address", domain, for_whom));
    if (name_.own.here.empty())
      return tell_elsewhere("without SRV records, the addresses of", name_.own.addresses);
    if (!has_port(listeners, port))
      report_.add(Finding::kNoServerRecords, name_.path,
                  fmt::format("{} has no SRV records for {}, who then come to port {}, where the "
                              "gate does not listen",
                              domain, for_whom, port));
  }

  void tell_elsewhere(std::string_view what, const std::vector<net::SocketAddress>& addresses) {
    report_.add(Finding::kRecordsLeadElsewhere, name_.path,
                fmt::format("{} {} for {} lead to {}, and none of these is an address of this "
                            "machine",
                            what, name_.name.a_label(), clients_ ? "clients" : "servers",
                            texts(addresses)));
  }

  const policy::Config& config_;
  const NameRecords& name_;
  const bool clients_;
  Report& report_;
  bool unknown_ = false;
  bool denied_ = false;
  bool has_records_ = false;
  bool leads_here_ = false;
  std::vector<net::SocketAddress> elsewhere_;
};

bool leads_to_us(const policy::Config& config, const std::vector<net::SocketAddress>& found) {
  return std::all_of(found.begin(), found.end(), [&config](const net::SocketAddress& one) {
    return std::any_of(config.outbound.listen.begin(), config.outbound.listen.end(),
                       [&one](const Endpoint& listener) {
                         const auto address = net::SocketAddress::from(listener);
                         return address && overlap(*address, one);
                       });
  });
}

void check_responders(const policy::Config& config, const CaptureFacts& capture, Report& report) {
  for (const auto& answer : capture.answers) {
    const auto at = answer.endpoint.text();
    if (answer.leads_to.empty())
      report.add(Finding::kResponderSilent, answer.path,
                 fmt::format("the responder at {} does not lead a made-up domain anywhere: {}", at,
                             answer.why));
    else if (!leads_to_us(config, answer.leads_to))
      report.add(Finding::kResponderMisleads, answer.path,
                 fmt::format("what answers at {} leads a made-up domain to {} and not to "
                             "outbound.listen",
                             at, answer.leads_to.front().text()));
  }
}

void check_table(const CaptureFacts& capture, Report& report) {
  using Table = CaptureFacts::Table;
  switch (capture.table) {
    case Table::kNotAsked:
    case Table::kRight:
      return;
    case Table::kMissing:
      return report.add(Finding::kEgressTableMissing, "outbound.capture",
                        "there is no table \"inet portcullis\" in the packet filter");
    case Table::kDiffers:
      return report.add(Finding::kEgressTableDiffers, "outbound.capture", capture.table_detail);
    case Table::kUnseen:
      return report.add(Finding::kCaptureUnseen, "outbound.capture", capture.table_detail);
  }
}

}  // namespace

void check_capture(const policy::Config& config, const CaptureFacts& capture,
                   const std::optional<RunningGate>& gate, Report& report) {
  if (config.outbound.listen.empty()) return;
  switch (config.outbound.capture) {
    case policy::Capture::kNone:
      report.add(Finding::kCaptureByOthers, "outbound.capture",
                 "nothing here shows whether the streams of your server come to "
                 "outbound.listen");
      break;
    case policy::Capture::kDns:
      if (gate)
        check_responders(config, capture, report);
      else
        report.add(Finding::kCaptureUnseen, "outbound.dns",
                   "the responder at outbound.dns was not asked, because the gate does not run");
      break;
    case policy::Capture::kNftables:
      check_table(capture, report);
      break;
  }
  if (!capture.connections_are_known)
    report.add(Finding::kBypassUnseen, "outbound",
               "the connections of this machine cannot be seen");
  // One's own connections are no way around the gate, and whose they are is not known.
  if (gate && !gate->user_is_known)
    return report.add(Finding::kBypassUnseen, "outbound",
                      "which connections go around the gate could not be seen as this user; run "
                      "with sudo");
  for (const auto& one : capture.bypasses)
    report.add(Finding::kBypassed, "outbound.capture",
               fmt::format("user {} has {} {} to ports of XMPP servers elsewhere, such as {}",
                           one.user, one.connections,
                           one.connections == 1 ? "connection" : "connections", one.example));
}

void check_records(const policy::Config& config, const std::vector<NameRecords>& records,
                   Report& report) {
  for (const auto& name : records) {
    if (name.for_servers) NameCheck(config, name, false, report).run();
    if (name.for_clients) NameCheck(config, name, true, report).run();
  }
}

}  // namespace portcullis::doctor
