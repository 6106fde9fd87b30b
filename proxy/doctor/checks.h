#pragma once

#include <optional>
#include <vector>

#include "policy/model/config.h"
#include "proxy/doctor/facts.h"
#include "proxy/doctor/report.h"

namespace portcullis::doctor {

// Each looks at what was gathered, and adds what is wrong. Pure.

void check_settings(Settings settings, Report& report);
void check_clock(const ClockFacts& clock, const std::vector<OwnCertificate>& certificates,
                 Report& report);
// `suspect`: the running gate doubts the clock.
void check_clock_at_work(bool suspect, Report& report);
void check_certificates(const std::vector<OwnCertificate>& certificates, Report& report);
void check_limits(const LimitFacts& limits, Report& report);
// `gate`: the one that runs with this configuration file, if any.
void check_ports(const PortFacts& ports, const std::optional<RunningGate>& gate, Report& report);
void check_exposure(const policy::Config& config, const PortFacts& ports,
                    const std::optional<RunningGate>& gate, Report& report);
void check_capture(const policy::Config& config, const CaptureFacts& capture,
                   const std::optional<RunningGate>& gate, Report& report);
void check_records(const policy::Config& config, const std::vector<NameRecords>& records,
                   Report& report);
void check_backend(const BackendFacts& backend, Report& report);
// Empty: no running gate could be asked.
void check_clients(const std::optional<ClientFacts>& clients, Report& report);

// Whether who connects to `address` may come to `listener`: it is the same one, or one of the two
// is at every address.
bool overlap(const net::SocketAddress& listener, const net::SocketAddress& address);
bool is_loopback(const net::SocketAddress& address);
// Whether the gate that runs holds this socket, as far as can be seen.
bool is_of_the_gate(const ListeningSocket& socket, const std::optional<RunningGate>& gate);
// "prosody (process 77) of user prosody"
std::string holder_text(const ListeningSocket& socket);

}  // namespace portcullis::doctor
